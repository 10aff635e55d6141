import vm from 'node:vm';

/** Without the flag Jest would quietly run every test as CommonJS, which is not what users get. */
export default function requireEsm() {
  if (typeof vm.SyntheticModule === 'function') return;
  throw new Error('Jest needs ES modules here. Run `npm test`, or set NODE_OPTIONS=--experimental-vm-modules.');
}
