// Projects of test/types/ against the packed declarations: every kind of project, with one version of TypeScript.
// node scripts/type-consumers.mjs <folder of a package typescript> … prints what is wrong with each.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { consumers, packPackage } from './packed.mjs';
import { root } from './setup.mjs';

const dom = ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'];
const plain = ['es2023'];

/** Before TypeScript 6 WebGPU's types are a package; with it they are in the DOM library, and meet those of the package. */
const gpu = '@webgpu/types';

/** [what it is, its files, options]. `types` are packages of global types. */
const projects = [
  [
    'page, as bundlers resolve',
    ['both', 'page', 'elements', 'using'],
    { lib: dom, types: [], bundler: true },
  ],
  ['page, as Node resolves', ['both', 'page-node', 'elements', 'using'], { lib: dom, types: [] }],
  [
    'page with the types of Node and WebGPU',
    ['both', 'page', 'elements', 'gpu'],
    { lib: dom, types: ['node', gpu], bundler: true },
  ],
  ['Node', ['both', 'node', 'using'], { lib: plain, types: ['node'] }],
  ['Node, module node16', ['both', 'node'], { lib: plain, types: ['node'], module: 'node16' }],
  ['Node with the types of pages and WebGPU', ['both', 'node', 'gpu'], { lib: dom, types: ['node', gpu] }],
  ['Node, as bundlers resolve', ['both'], { lib: plain, types: ['node'], bundler: true }],
  ['neither, as Node resolves', ['both', 'using'], { lib: plain, types: [] }],
  ['neither, as bundlers resolve, ES2020', ['both', 'using'], { lib: ['es2020'], types: [], bundler: true }],
  ['a worker', ['both'], { lib: ['es2023', 'webworker'], types: [], bundler: true }],
];

/**
 * @param typescript the folder of the package `typescript`
 * @returns what its compiler says, a text for each project that it refuses
 */
export function typeProblems(typescript) {
  const folder = join(consumers, 'types');
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'test/types'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  for (const name of ['@types/node', gpu, 'undici-types']) link(name);
  const version = versionOf(typescript);
  return projects.flatMap(([what, files, { bundler, module = 'nodenext', ...options }], at) => {
    const config = join(folder, `tsconfig.${at}.json`);
    const compilerOptions = {
      ...options,
      types: options.types.filter((name) => name !== gpu || Number.parseInt(version, 10) < 6),
      target: 'es2022',
      module: bundler ? 'esnext' : module,
      moduleResolution: bundler ? 'bundler' : module,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: false,
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: files.map((name) => `${name}.ts`) }));
    return problemsOf(typescript, config).map((text) => `TypeScript ${version}, ${what}: ${text}`);
  });
}

const versionOf = (typescript) => JSON.parse(readFileSync(join(typescript, 'package.json'), 'utf8')).version;

function problemsOf(typescript, config) {
  const api = join(typescript, 'lib/typescript.js');
  if (existsSync(api)) return problemsByApi(createRequire(import.meta.url)(api), config);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(typescript, 'bin/tsc'), '-p', config, '--pretty', 'false'],
    { cwd: dirname(config), encoding: 'utf8' },
  );
  return status === 0 ? [] : [`${stdout}${stderr}`];
}

/** Global types are dependencies of the projects, as they are ours. */
function link(name) {
  const place = join(consumers, 'node_modules', name);
  rmSync(place, { recursive: true, force: true });
  if (!existsSync(join(root, 'node_modules', name))) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), place, 'junction');
}

/** What the compiler says, and every type that our declarations write down and that is `any` in this project. */
function problemsByApi(ts, config) {
  const { options, fileNames } = ts.getParsedCommandLineOfConfigFile(config, {}, ts.sys);
  const program = ts.createProgram(fileNames, options, hostOf(ts, options));
  const files = program
    .getSourceFiles()
    .filter(({ fileName }) => !/[\\/]lib\.(dom|webworker)\b/.test(fileName));
  const problems = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ].map((one) => ts.formatDiagnostic(one, formatHost));
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName.includes('/dist/types/'));
  if (ours.length === 0) problems.push('none of our declarations was read');
  for (const file of ours) {
    const visit = (node) => {
      if (
        ts.isTypeNode(node) &&
        program.getTypeChecker().getTypeFromTypeNode(node).flags & ts.TypeFlags.Any
      ) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        problems.push(`${file.fileName}:${line + 1}: any, by ${node.getText()}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return problems;
}

/** TypeScript's own files are read once for all projects. */
const libraries = new Map();
function hostOf(ts, options) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  const folder = dirname(ts.getDefaultLibFilePath(options));
  host.getSourceFile = (name, ...rest) => {
    if (!name.startsWith(folder)) return getSourceFile(name, ...rest);
    if (!libraries.has(name)) libraries.set(name, getSourceFile(name, ...rest));
    return libraries.get(name);
  };
  return host;
}

const formatHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => consumers,
  getNewLine: () => '\n',
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await packPackage();
  for (const typescript of process.argv.slice(2)) {
    const problems = typeProblems(typescript);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
    console.log(
      `TypeScript ${versionOf(typescript)}: ${projects.length} projects, ${problems.length} problems`,
    );
  }
}
