/** The service worker. */
import { onClick, onPush, onSubscriptionChange } from 'subtle-push/client';
import { options } from './options.js';

// The server sends declarative messages, so there is nothing to render: the last argument is what
// stands in for one that cannot be read.
self.addEventListener('push', (event) => onPush(event, undefined, { title: 'There is news' }));
self.addEventListener('notificationclick', (event) => onClick(event));
self.addEventListener('pushsubscriptionchange', (event) => onSubscriptionChange(event, options));

self.addEventListener('install', () => self.skipWaiting());
