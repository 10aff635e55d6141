import { createSystem, createVirtualTypeScriptEnvironment } from '@typescript/vfs';
import ts from 'typescript';
import {
  MOST_COMPLETIONS,
  type Finding,
  type TypescriptAsk,
  type TypescriptReply,
  type TypescriptRequests,
} from './typescript-protocol.ts';

declare const self: {
  postMessage(message: TypescriptReply): void;
  onmessage: ((event: MessageEvent<TypescriptAsk>) => void) | null;
};

const LIBRARIES: Readonly<Record<string, string>> = import.meta.glob(
  [
    '../../../../node_modules/typescript/lib/lib.es5.d.ts',
    '../../../../node_modules/typescript/lib/lib.es20{15,16,17,18,19,20,21,22,23}*.d.ts',
    '../../../../node_modules/typescript/lib/lib.decorators*.d.ts',
    '!../../../../node_modules/typescript/lib/*.full.d.ts',
  ],
  { query: '?raw', import: 'default', eager: true },
);

const TYPES: Readonly<Record<string, string>> = import.meta.glob('../../../../packages/*/dist/**/*.d.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const FILE = '/daemon.ts';
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts'],
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
};

function files(): Map<string, string> {
  const all = new Map<string, string>();
  for (const [path, text] of Object.entries(LIBRARIES)) all.set(`/${path.replace(/^.*\//, '')}`, text);
  const names = new Set<string>();
  for (const [path, text] of Object.entries(TYPES)) {
    const [, name, rest] = /packages\/([\w-]+)\/dist\/(.*)$/.exec(path)!;
    names.add(name!);
    // declarations that tsc writes name the source files: ./task.ts is ./task.d.ts here
    all.set(`/node_modules/@kernel-model/${name!}/${rest!}`, text);
  }
  for (const name of names) {
    const manifest = { name: `@kernel-model/${name}`, version: '0.0.0', types: './index.d.ts', type: 'module' };
    all.set(`/node_modules/@kernel-model/${name}/package.json`, JSON.stringify(manifest));
  }
  all.set(FILE, ' ');
  return all;
}

const environment = createVirtualTypeScriptEnvironment(createSystem(files()), [FILE], ts, OPTIONS);

function service(text: string): ts.LanguageService {
  environment.updateFile(FILE, text === '' ? ' ' : text);
  return environment.languageService;
}

function findings(text: string): Finding[] {
  const asked = service(text);
  const found = [...asked.getSyntacticDiagnostics(FILE), ...asked.getSemanticDiagnostics(FILE)];
  return found.map(({ start = 0, length = 1, messageText, category }) => {
    const before = text.slice(0, start);
    return {
      from: start,
      to: start + length,
      line: before.split('\n').length,
      column: start - before.lastIndexOf('\n'),
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
      severity: category === ts.DiagnosticCategory.Error ? 'error' : 'warning',
    };
  });
}

const ANSWERS: {
  readonly [K in keyof TypescriptRequests]: (data: TypescriptRequests[K]['in']) => TypescriptRequests[K]['out'];
} = {
  errors: ({ text }) => findings(text),
  complete: ({ text, at }) => {
    const typed = /[\w$]*$/.exec(text.slice(0, at))![0].toLowerCase();
    const entries = service(text).getCompletionsAtPosition(FILE, at, {})?.entries ?? [];
    const fitting = entries.filter(({ name }) => name.toLowerCase().startsWith(typed));
    return fitting.slice(0, MOST_COMPLETIONS).map(({ name, kind }) => ({ label: name, detail: kind }));
  },
};

self.onmessage = ({ data: { id, name, data } }) => {
  try {
    self.postMessage({ id, data: ANSWERS[name](data) });
  } catch (error) {
    self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
