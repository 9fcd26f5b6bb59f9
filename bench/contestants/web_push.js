/** web-push: synchronous node:crypto; a new token for each request. Node only. */
import webPush from 'web-push';

export const webPushPeer = {
  name: 'web-push',
  create: ({ keys, subject }) => {
    const vapidDetails = { subject, ...keys };
    return async (subscription, payload) => {
      const options = { vapidDetails, TTL: 60, contentEncoding: 'aes128gcm' };
      const { endpoint, headers, body } = webPush.generateRequestDetails(
        subscription, Buffer.from(payload), options,
      );
      return { url: endpoint, headers, body };
    };
  },
};
