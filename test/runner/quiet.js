/**
 * Evaluated before uvu, which decides then how it writes and whether it starts by itself. Our own
 * report replaces its output, and workerd refuses the timer that it sets without UVU_DEFER.
 */
globalThis.UVU_DEFER = true;
globalThis.UVU_QUEUE = [];
export const hidden = {
  log: console.log,
  process: Object.getOwnPropertyDescriptor(globalThis, 'process'),
};
console.log = () => {};
if (hidden.process) delete globalThis.process;
