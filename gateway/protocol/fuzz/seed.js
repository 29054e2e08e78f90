// Gives each fuzz target the golden messages to begin with: `node fuzz/seed.js` in gateway/protocol.
// From nothing a fuzzer does not find its way into a message of a dozen named fields.

const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const TARGETS = {
  console: ['FromConsole', 'ToConsole', 'VehicleState'],
  datagrams: ['GatewayDatagram', 'VehicleDatagram', 'MediaDemand'],
  streams: ['VehicleSays', 'GatewaySays'],
};

const golden = (file) => JSON.parse(readFileSync(path.join(__dirname, '../golden', file), 'utf8'));
const messages = [...golden('accepted.json'), ...golden('refused.json')];
const headers = golden('media.json');

function sow(target, seeds) {
  const folder = path.join(__dirname, 'corpus', target);
  mkdirSync(folder, { recursive: true });
  seeds.forEach(({ hex }, at) => writeFileSync(path.join(folder, `golden-${at}`), Buffer.from(hex, 'hex')));
  console.log(`${target}: ${seeds.length} messages`);
}

for (const [target, types] of Object.entries(TARGETS)) {
  sow(target, messages.filter(({ type }) => types.includes(type)));
}
sow('media', headers);
