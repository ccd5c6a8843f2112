/** Fulfilled when everything that can go on without waiting has gone on. */
export const flushPromises = async () => await new Promise((resolve) => setImmediate(resolve));
