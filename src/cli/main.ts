#!/usr/bin/env node
import { resolve } from 'node:path';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { LikenessError } from '../base/errors.ts';
import { defaultNeighbours, leastNeighbours, mostNeighbours } from '../engine/map/neighbours.ts';
import type { Region } from '../image/crop.ts';
import { endBy, Interrupted } from './interrupt.ts';
import { lanceAddress } from './lance-address.ts';
import { defaultModel, isModelFolder } from './model-name.ts';
import { printable, say } from './print.ts';
import { checkApiOptions, origin } from './serve/api-options.ts';
import { hostOf } from './serve/hosts.ts';
import { reasonOf, systemSentence } from './system-error.ts';

const exitUsage = 2;
const exitFailure = 1;

function whole(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`${name} has to be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** `--region` */
function region(text: string): Region {
  const [x, y, width, height] = /^\d+(,\d+){3}$/.test(text) ? text.split(',').map(Number) : [];
  if (!width || !height || [x, y, width, height].some((value) => !Number.isSafeInteger(value))) {
    throw new InvalidArgumentError('Wanted x,y,width,height in whole pixels, e.g. 120,40,300,200.');
  }
  return { x: x!, y: y!, width, height };
}

function distance(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0))
    throw new InvalidArgumentError('A distance is a number from 0; the farthest pictures are 2 apart.');
  return value;
}

/** One name of a repeated option, after those before it. */
function hostName(text: string, before: string[]): string[] {
  const name = hostOf(text);
  if (name === undefined) throw new InvalidArgumentError('A name like example.org is wanted.');
  return [...before, name];
}

const repeated = (text: string, before: string[]): string[] => [...before, text];

const model = (): Option =>
  new Option('--model <name|dir|url>', 'a built-in model, or the folder or URL of a model')
    .default(defaultModel)
    .argParser((text) => (isModelFolder(text) ? resolve(text) : text));
const backends = ['auto', 'wasm', 'webgpu'];
/** How a picture is read. The hidden option is the old name of `--exif ignore`, until version 0.2. */
const picture = (command: Command): Command =>
  command
    .addOption(
      new Option('--exif <how>', 'whether EXIF orientation is applied; Keras does not').choices([
        'apply',
        'ignore',
      ]),
    )
    .addOption(new Option('--parity <with>').choices(['keras']).hideHelp());
/** What runs the network. The hidden option is the old name of `--backend`, until version 0.2. */
const network = (command: Command): Command =>
  picture(command)
    .addOption(new Option('--backend <backend>', 'what runs the network').choices(backends).default('auto'))
    .addOption(new Option('--device <backend>').choices(backends).hideHelp())
    .addOption(
      new Option('--threads <n>', 'threads of the network on wasm').argParser(whole('--threads', 1, 64)),
    );

/** Takes an old spelling of an option, unless the new one says something else. */
function takeOldName(command: Command, old: string, name: string, value: string | undefined): void {
  if (value === undefined) return;
  const given = command.getOptionValueSource(name) === 'cli' ? command.getOptionValue(name) : value;
  if (given !== value) {
    command.error(
      `error: ${old} means --${name} ${value}, and --${name} ${given} is there, too; leave ${old} out.`,
    );
  }
  command.setOptionValue(name, value);
}

const indexFrom = (): Option => new Option('-i, --index <index-dir>', 'an index made by "likeness index"');

const lanceTarget = (what: string): Option =>
  new Option(
    '--to <lancedb:uri>',
    `${what} a table of LanceDB, e.g. lancedb:./shop.lance or lancedb:s3://bucket/pictures`,
  ).argParser(lanceAddress);
const lanceTable = (): Option => new Option('--table <name>', 'with --to: the name of the table');
const lanceEndpoint = (): Option =>
  new Option(
    '--endpoint <url>',
    'with --to lancedb:s3://…: an object store that is not Amazon’s; with lancedb:db://…: a server of one’s own',
  );

/** Whether a command writes to LanceDB; else it has -o. */
function checkTarget(command: Command): boolean {
  const { output, to } = command.opts();
  if (output === undefined && to === undefined) {
    command.error(
      "error: required option '-o, --output <index-dir>' not specified; or --to lancedb:<uri> in its place",
    );
  }
  if (output !== undefined && to !== undefined) {
    command.error('error: -o and --to name two places; leave one of them out.');
  }
  checkIdle(command);
  return to !== undefined;
}

/** What says more of --to needs it. */
function checkIdle(command: Command): void {
  const { to, table, endpoint } = command.opts();
  const idle = table !== undefined ? '--table' : endpoint !== undefined ? '--endpoint' : undefined;
  if (to === undefined && idle) command.error(`error: ${idle} is for --to lancedb:<uri>.`);
}

const program = new Command('likeness')
  .description('Exact image search: index a folder of pictures, find the most similar ones.')
  .version(packageJson.version)
  .showSuggestionAfterError()
  .hook('preAction', (_, command) => {
    const { device, parity } = command.opts();
    takeOldName(command, '--device', 'backend', device);
    takeOldName(command, '--parity', 'exif', parity && 'ignore');
  })
  // One line for a wrong argument: the usage is a --help away.
  .configureOutput({
    outputError(text, write) {
      const line = text
        .trimEnd()
        .replace(/^error: /, 'likeness: ')
        .replace('\n(Did you mean', ' (Did you mean')
        .replace(/unknown option '-[^-].*'$/, '$&; names that begin with "-" come last, behind a "--"');
      write(`${printable(line)}\n`);
    },
  })
  .exitOverride();

// Each command's module is loaded when it runs: `likeness --help` needs neither a network nor an image decoder.
network(program.command('index'))
  .description('index all pictures of a folder')
  .argument('<folder>', 'a folder of pictures; folders in it are read, too')
  .requiredOption('-o, --output <index-dir>', 'folder of the index')
  .addOption(model())
  .option('--prune', 'remove pictures whose files are gone, however many')
  .option('--json', 'print a summary as JSON')
  .addOption(lanceTarget('then the same pictures into'))
  .addOption(lanceTable())
  .addOption(lanceEndpoint())
  .action(async (folder, options, command) => {
    checkIdle(command);
    return (await import('./commands/index-folder.ts')).indexFolder(folder, options);
  });

const siteCommand = program.command('site');
/** The two may stand together: what makes the features, and that visitors do not get it. */
let siteModel = defaultModel;
let isModelLeftOut = false;
siteCommand
  .description('similar pictures on a static site: reads its HTML, writes its folder likeness/')
  .argument('<folder>', 'the folder of the built site')
  .option('--base <path|url>', 'where the site is served, e.g. /blog/ (default: "/")')
  .option('--model <name|dir|url>', 'a built-in model, or the folder or URL of a model')
  .option('--no-model', 'similar pictures only: no search with photographs of visitors, no model in the site')
  .on('option:model', (text: string) => {
    siteModel = isModelFolder(text) ? resolve(text) : text;
  })
  .on('option:no-model', () => {
    isModelLeftOut = true;
  })
  .addOption(
    new Option('-k <n>', 'neighbours that are kept of each picture')
      .default(30)
      .argParser(whole('-k', 1, 1000)),
  )
  .addOption(
    new Option('--pictures <folder>', 'also the pictures of a folder that no HTML shows; may be repeated')
      .argParser(repeated)
      .default([], 'none'),
  )
  .option('--select <css>', 'take only the images that this selector matches, e.g. "main img"')
  .addOption(
    new Option('--exclude <glob>', 'leave out pictures and pages, e.g. "icons/**"; may be repeated')
      .argParser(repeated)
      .default([], 'none'),
  )
  .addOption(
    new Option('--small <pixels>', 'longer side of small pictures')
      .default(240)
      .argParser(whole('--small', 32, 2048)),
  )
  .option('--cache <folder>', 'where features are kept for the next run (default: the user’s cache)')
  .addOption(new Option('--threads <n>', 'threads of the network').argParser(whole('--threads', 1, 64)))
  .option('--dry-run', 'tell what would be written, and write nothing into the site')
  .option('--json', 'print the summary as JSON')
  .option('--quiet', 'no progress, and no list of what was passed over')
  .action(async (folder, options) =>
    (await import('./commands/site.ts')).site(folder, {
      ...options,
      model: siteModel,
      search: !isModelLeftOut,
    }),
  );

network(program.command('query'))
  .description('list the most similar pictures')
  .argument(
    '<image|vector.npy|id>',
    'a picture, a feature vector saved by NumPy, or the id of a picture in the index',
  )
  .addOption(indexFrom().makeOptionMandatory())
  .addOption(new Option('-k <n>', 'number of pictures').default(30).argParser(whole('-k', 1, 2 ** 31)))
  .addOption(
    new Option('--plus <image|vector.npy|id>', 'also like this; may be repeated')
      .argParser(repeated)
      .default([], 'none'),
  )
  .addOption(
    new Option('--minus <image|vector.npy|id>', 'not like this; may be repeated')
      .argParser(repeated)
      .default([], 'none'),
  )
  .addOption(
    new Option(
      '--region <x,y,width,height>',
      'the part of the first picture that counts, in its upright pixels',
    ).argParser(region),
  )
  .option('--json', 'print only [{"id": …, "distance": …}, …]')
  .option('--html <file>', 'write a page with the pictures and their distances')
  .addHelpText(
    'after',
    `
A name that is no file is an id: nothing is extracted, and the picture is not among the answers. Several pictures make
one query by Rocchio's formula: the mean of the first and all --plus, less half the mean of all --minus.
--exif is by default as the index was made. For a vector or an id nothing is extracted: --exif, --backend and --threads do nothing.`,
  )
  .action(async (what, options) => (await import('./commands/query.ts')).query(what, options));

program
  .command('duplicates')
  .description('list groups of near-duplicates, the best picture of each first')
  .argument('<index>', 'a folder, an exported file, or the URL of one')
  .addOption(
    new Option('--max-distance <d>', 'pictures up to this far from each other (default: 0.2)').argParser(
      distance,
    ),
  )
  .option('--json', 'print only [{"pictures": [{"id": …, "distance": …}, …]}, …]')
  .option('--html <file>', 'write a page with the pictures side by side')
  .addHelpText(
    'after',
    '\nThe best has most pixels, then most bytes, then was added first. The distance is that from the best.',
  )
  .action(async (where, options) => (await import('./commands/duplicates.ts')).duplicates(where, options));

program
  .command('map')
  .description('place pictures in the plane: those that are alike are near each other')
  .argument('<index>', 'a folder, an exported file, or the URL of one')
  .addOption(
    new Option('--neighbours <n>', 'nearest neighbours of each picture that are kept together')
      .default(defaultNeighbours)
      .argParser(whole('--neighbours', leastNeighbours, mostNeighbours)),
  )
  .option('--json', 'print only [{"id": …, "x": …, "y": …}, …]')
  .addHelpText('after', '\nCoordinates are 0 … 1. The same index has the same map.')
  .action(async (where, options) => (await import('./commands/map.ts')).map(where, options));

program
  .command('remove')
  .description('remove pictures from an index; their files stay')
  .argument('<index-dir>')
  .argument('[id...]', 'as "query" lists them')
  .option('--from <file>', 'a file of ids: a JSON list, or one id a line; - is the standard input')
  .option('--json', 'print the removed ids as JSON')
  .addHelpText(
    'after',
    '\nExit status: 0 all were removed; 1 some are not in the index, the others were removed.',
  )
  .action(async (where, ids, options) => (await import('./commands/remove.ts')).remove(where, ids, options));

picture(program.command('check'))
  .description('read every byte of an index, say what is damaged, keep what is whole')
  .argument('<index>', 'a folder, an exported file, or the URL of one')
  .option('--repair', 'write what is whole as a new file; the damaged one is kept beside it')
  .option('--json', 'print the result as JSON')
  .option('--model <name|dir|url>', 'the model of an index whose header is lost')
  .addHelpText('after', '\nExit status: 0 the index is whole; 1 it is damaged, or was until --repair.')
  .action(async (where, options) => (await import('./commands/check.ts')).check(where, options));

program
  .command('export')
  .description('write features and ids for NumPy, or the index as one file')
  .argument('<index>', 'a folder, an exported file, or the URL of one')
  .option('--npy <features.npy>', 'C order, a row a picture')
  .option('--ids <ids.json>', 'the ids, in the order of the rows')
  .option('--per-image <dir>', 'a .npy file for each picture, as in the Keras tutorial')
  .addOption(
    new Option('--dtype <type>', 'of --npy and --per-image: float32 (f4, the default) or float16').choices([
      'f4',
      'f2',
    ]),
  )
  .option('--file <index.likeness>', 'the whole index: to open in a page, to serve, to import')
  .action(async (where, options) => (await import('./commands/export.ts')).exportIndex(where, options));

program
  .command('import')
  .description('make an index from features of another program, e.g. NumPy, or put an index into LanceDB')
  .argument(
    '<features>',
    'features.npy or .npz, a folder with a .npy for each picture, an index or an exported .likeness file',
  )
  .option(
    '--ids <ids.json>',
    'a JSON list of the ids, in the order of the rows, or a .txt file with one a line; of a folder: which files',
  )
  .option('--array <name>', 'name of the array in an .npz')
  .option('--skip-bad', 'leave out rows with NaN or infinity, and list them')
  .addOption(model())
  .option('-o, --output <index-dir>', 'folder of the index')
  .addOption(lanceTarget('in place of -o:'))
  .addOption(lanceTable())
  .addOption(lanceEndpoint())
  .action(async (from, options, command) => {
    if (checkTarget(command)) {
      const isModelNamed = command.getOptionValueSource('model') === 'cli';
      const { importIntoLance } = await import('./commands/import-lance.ts');
      return importIntoLance(from, { ...options, isModelNamed });
    }
    return (await import('./commands/import.ts')).importFeatures(from, options);
  });

picture(program.command('tensor'))
  .description("write the network's input for a picture: float32, 1 × 3 × H × W, BGR minus mean")
  .argument('<image>')
  .requiredOption('-o, --output <x.npy>', 'the file to write')
  .addOption(model())
  .action(async (image, options) => (await import('./commands/extract.ts')).tensor(image, options));

network(program.command('features'))
  .description('write the normalised feature vector of a picture')
  .argument('<image>')
  .requiredOption('-o, --output <f.npy>', 'the file to write')
  .addOption(model())
  .action(async (image, options) => (await import('./commands/extract.ts')).features(image, options));

program
  .command('serve')
  .description('serve the search page, with the pictures of an index')
  .addOption(indexFrom())
  .addOption(
    new Option('--port <n>', 'port; 0 takes a free one').default(8080).argParser(whole('--port', 0, 65535)),
  )
  .option('--host <name>', 'address to listen on; 0.0.0.0 is every address of this machine', 'localhost')
  .addOption(
    new Option('--allow-host <name>', 'another host name that browsers may use; may be repeated')
      .argParser(hostName)
      .default([], 'this machine’s own'),
  )
  .option('--follow-links', 'also serve pictures and models that links lead to outside of their folders')
  .option('--no-isolation', 'send no COOP and COEP headers; the page then has one thread')
  .option('--api', 'answer searches over HTTP below /api/, too: docs/http.md')
  .option('--no-page', 'serve the API without the page')
  .option('--engine <lancedb:uri>', 'the API over a table of LanceDB, without the page')
  .option('--table <name>', 'the table of --engine (default: "pictures")')
  .option(
    '--endpoint <url>',
    'the object store of --engine, where it is not Amazon’s; of db://…, a server of one’s own',
  )
  .addOption(
    new Option(
      '--stale <seconds>',
      'how long --engine may overlook a change by others (default: 5)',
    ).argParser(whole('--stale', 0, 86_400)),
  )
  .option('--token-file <file>', 'who sends this file’s token may write; or the variable LIKENESS_TOKEN')
  .addOption(
    new Option('--cors <origin>', 'pages of this origin may ask; may be repeated; * is all').argParser(
      origin,
    ),
  )
  .option('--extract', 'the API takes pictures, too, and extracts their vectors here')
  .addOption(
    new Option('--max-k <n>', 'pictures in one answer (default: 1000)').argParser(
      whole('--max-k', 1, 100_000),
    ),
  )
  .addOption(
    new Option('--max-body <MiB>', 'size of a body (default: 8)').argParser(whole('--max-body', 1, 256)),
  )
  .addOption(
    new Option(
      '--max-queries <n>',
      'queries that run at once; eight times as many wait (default: 8)',
    ).argParser(whole('--max-queries', 1, 1000)),
  )
  .addOption(
    new Option('--log <what>', 'requests of the API that are logged, as JSON lines on stderr')
      .choices(['all', 'failures', 'faults', 'off'])
      .default('all'),
  )
  .action(async (options, command) => {
    checkApiOptions(options, command);
    await (await import('./commands/serve.ts')).serve(options);
  });

const models = program.command('model').description('build, verify and list models');

models
  .command('build')
  .description('build VGG16, up to fc1, from its published weights')
  .addArgument(new Argument('<network>', 'the network').choices(['vgg16']))
  .option(
    '--from <file>',
    'Keras .h5 or .keras, timm or torchvision .safetensors, or ONNX Model Zoo .onnx; left out, the Keras weights are downloaded (553 MB)',
  )
  .addOption(
    new Option('--variant <form>', 'format of the stored weights: 474, 237, 139 or 87 MB')
      .choices(['f32', 'f16', 'q8', 'q4'])
      .default('q8'),
  )
  .option('-o, --output <dir>', 'folder of the model', 'models/vgg16')
  .action(async (_network, options) => (await import('./commands/model.ts')).build(options));

models
  .command('verify')
  .description("check a model's files, run its graph, compare its known answer")
  .argument('<dir>')
  .action(async (folder) => (await import('./commands/model.ts')).verify(folder));

models
  .command('list')
  .description('list the models in a folder; default: ./models and those of this package')
  .argument('[folder]')
  .option('--json', 'print them as JSON')
  .action(async (folder, options) => (await import('./commands/model.ts')).list(folder, options));

// The reader of our output may have ended (`| head`), or the terminal may be gone.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Without stderr the work goes on.
    if (stream === process.stderr) return;
    if (!['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '')) {
      say(`likeness: The output cannot be written: ${reasonOf(error) ?? error.message}.`);
    }
    process.exit(exitFailure);
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its line; --help and --version end here with 0.
    process.exitCode = error.exitCode === 0 ? 0 : exitUsage;
  } else {
    // Our errors are one line, whatever names they have; of a library's error the first line is for users.
    const { message } = error as Error;
    const line =
      error instanceof LikenessError
        ? message
        : (systemSentence(error) ?? String(message ?? error).split('\n')[0]!);
    say(`likeness: ${line}`);
    if (process.env.LIKENESS_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = exitFailure;
    if (error instanceof Interrupted) endBy(error.signal);
  }
}
