// node make-images.mjs manifest.yaml
// Makes the images of a manifest without a server of your own. After a crash call it again: it continues the batch and
// pays nothing twice. Without GEMINI_API_KEY it uses the emulator, in a store of its own.
import { makeImages } from 'hummingbatch';

const [manifest = 'manifest.yaml'] = process.argv.slice(2);
const emulator = !process.env.GEMINI_API_KEY;
const store = emulator ? './images-emulated' : './images';

const run = makeImages(manifest, { store, maxCostUsd: 5, emulator });
for await (const { output, outcome, file, message } of run) console.log(output, outcome, file ?? message);
console.log(run.progress?.state, `${run.progress?.costUsd.actual} USD`);
