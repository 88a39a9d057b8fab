let quiet = false;
let spoken = false;
let progressShown = false;

/** With --quiet, a set-up that finds nothing to do prints nothing. */
export function beQuiet() {
  quiet = true;
}

/**
 * Says what the set-up does. Call it only when something is being done.
 * @param {string} line
 */
export function say(line) {
  clearProgress();
  spoken = true;
  console.log(line);
}

/**
 * The closing line.
 * @param {string} line
 */
export function finish(line) {
  if (!quiet || spoken) say(line);
}

/**
 * Shows a line that the next one replaces; terminals only.
 * @param {string} line
 */
export function showProgress(line) {
  if (!process.stdout.isTTY) return;
  process.stdout.write(`\r\x1b[K${line}`);
  progressShown = true;
}

function clearProgress() {
  if (progressShown) process.stdout.write("\r\x1b[K");
  progressShown = false;
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** @param {number} start what performance.now() gave at the start */
export function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
