// A Node server that pushes itself: foo and bar burn CPU. Ends when its input does.
// Arguments: the server's URL and the service's name. NODE_PATH says which @pyroscope/nodejs.
const Pyroscope = require('@pyroscope/nodejs');

const [url, service] = process.argv.slice(2);
let kept = [];

function burn(milliseconds) {
  const end = process.cpuUsage().user + milliseconds * 1000;
  while (process.cpuUsage().user < end) for (let i = 0; i < 2000; i++) Math.sqrt(i);
}
function foo() {
  burn(15 + 30 * Math.random());
}
function bar() {
  kept.push(new Array(10000).fill(kept.length));
  if (kept.length > 50) kept = [];
  burn(5 + 10 * Math.random());
}

Pyroscope.init({
  serverAddress: url,
  appName: service,
  tags: {region: 'eu'},
  flushIntervalMs: 2000,
  wall: {collectCpuTime: true, samplingDurationMs: 2000, samplingIntervalMicros: 10000},
});
Pyroscope.start();

let over = false;
process.stdin.on('end', () => (over = true)).resume();
(function turn() {
  foo();
  bar();
  if (!over) return setImmediate(turn);
  process.exit(0);  // without stop(), which version 0.6.4 does not survive in the middle of a round
})();
