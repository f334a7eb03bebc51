/** Loaded before a program that runs in process numbers of its own: tells its starter, past unshare, how it ends. */
process.once('exit', (code) => {
  if (process.connected) process.send?.({ ended: code });
});
