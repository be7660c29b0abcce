/**
 * The one error class of spatile and the list of its codes.
 *
 * A message is one sentence for people: `<file or place>: <what is wrong> (<what was found>); expected <what>; <what to do>`.
 * The code is a stable identifier for programs; its class decides the exit code of the command line.
 */

/** What kind of failure this is; decides the exit code (see `EXIT_CODES`). */
export type ErrorClass = 'usage' | 'input' | 'output' | 'resource' | 'run' | 'internal' | 'interrupted';

/** Exit codes of the command line by class of error; documented in `docs/command-line.md`. */
export const EXIT_CODES: Readonly<Record<ErrorClass, number>> = {
  usage: 2,
  input: 3,
  output: 4,
  resource: 5,
  run: 6,
  internal: 70,
  interrupted: 130,
};

/** Every error code with its class and what it means. `formats/README.md` lists the same codes; a test compares both. */
export const ERROR_CODES = {
  USAGE: ['usage', 'the command line does not parse'],
  CONFIG_UNKNOWN_KEY: ['usage', 'a configuration key does not exist'],
  CONFIG_INVALID: ['usage', 'a configuration value has the wrong type or range'],
  CONFIG_UNREADABLE: ['usage', 'the configuration file cannot be read or parsed'],
  INPUT_MISSING: ['input', 'a file or folder does not exist'],
  INPUT_UNREADABLE: ['input', 'a file or folder exists but may not be read'],
  INPUT_EMPTY: ['input', 'a folder or file holds nothing'],
  PLATFORM_UNKNOWN: ['input', 'the folder is not recognised as any platform'],
  PARQUET_INVALID: ['input', 'a Parquet file is truncated or damaged'],
  CSV_INVALID: ['input', 'a CSV file cannot be parsed'],
  METADATA_INVALID: ['input', 'a metadata file of the bundle is damaged or contradicts another'],
  COLUMN_MISSING: ['input', 'a required column is absent'],
  COLUMN_TYPE: ['input', 'a column has the wrong type'],
  IMAGE_INVALID: ['input', 'an image file is damaged or of a kind that is not read'],
  COORDINATES_INVALID: ['input', 'coordinates are NaN, infinite, or farther apart than on any slide'],
  TRANSCRIPTS_NONE: ['input', 'no transcript is left to work on'],
  PRIOR_MISSING: ['input', 'no prior segmentation was found and none was given'],
  PRIOR_EMPTY: ['input', 'the prior segmentation holds no usable cell'],
  PRIOR_INVALID: ['input', 'a file with a prior segmentation cannot be read'],
  GEOMETRY_INVALID: ['input', 'a geometry is not a readable WKB polygon'],
  MASK_SHAPE: ['input', 'a mask does not have the size of the image'],
  MASK_DTYPE: ['input', 'a mask does not hold labels'],
  MASK_PICKLE: ['input', 'a mask is a pickled Python object, which is unsafe to read'],
  CROP_EMPTY: ['input', 'the selection covers no transcript'],
  CROP_INVALID: ['input', 'a selection file cannot be read as polygons'],
  RESULT_INVALID: ['input', 'a result to judge is of no kind that is read'],
  MARKERS_INVALID: ['input', 'a file of markers or of reference profiles cannot be used'],
  REFERENCE_INVALID: ['input', 'a reference of cell types cannot be used'],
  MODEL_MISSING: ['input', 'a network of that name is not installed'],
  MODEL_INVALID: ['input', 'a network or its manifest cannot be used, or they do not belong together'],
  RUNTIME_MISSING: ['resource', 'the program that runs networks is not installed or lacks a device'],
  STORE_INVALID: ['input', 'a SpatialData store is damaged or no such store'],
  OUTPUT_EXISTS: ['output', 'the output is already there'],
  OUTPUT_UNWRITABLE: ['output', 'the output cannot be written'],
  DISK_FULL: ['resource', 'the disk is full'],
  MEMORY_LIMIT: ['resource', 'a tile does not fit the memory limit'],
  FILES_LIMIT: ['resource', 'too many files are open'],
  WORKER_LOST: ['run', 'a worker process died too often on the same tile'],
  CLUSTER: ['run', 'the broker, the server or the workers of a cluster cannot be reached or refuse'],
  DAMAGED_TRANSFER: ['run', 'bytes were damaged between coordinator and worker'],
  RUN_MISMATCH: ['run', 'the run directory belongs to another input or configuration'],
  RUN_CORRUPT: ['run', 'a file of the run directory is damaged'],
  INTERRUPTED: ['interrupted', 'the run was interrupted and can be resumed'],
  INTERNAL: ['internal', 'a broken invariant: a bug in spatile'],
} as const satisfies Record<string, readonly [ErrorClass, string]>;

export type ErrorCode = keyof typeof ERROR_CODES;

export class SpatileError extends Error {
  override readonly name = 'SpatileError';
  readonly code: ErrorCode;
  /** Typed facts behind the sentence (file, column, tile), for `--json` and logs. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether trying the same task again may succeed. Read by the dispatch loop, by nothing else. */
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { fields?: Record<string, unknown>; cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
    this.retryable = options.retryable ?? false;
  }

  get exitCode(): number {
    return EXIT_CODES[ERROR_CODES[this.code][0]];
  }
}

/** Narrows by tag, so that errors that crossed a process border as plain objects are not mistaken for ours. */
export function isSpatileError(value: unknown): value is SpatileError {
  return value instanceof SpatileError;
}
