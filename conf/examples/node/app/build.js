'use strict';
// Stands for a real build (tsc, vite, next): makes dist/.
const fs = require('node:fs');
const { version } = require('./package.json');

fs.mkdirSync('dist', { recursive: true });
fs.writeFileSync('dist/built.json', JSON.stringify({ version, node: process.version }) + '\n');
