// Original file: proto/spatile/v1/tiles.proto


export interface Attempt {
  'run'?: (string);
  'task'?: (string);
  'epoch'?: (number);
  'attemptId'?: (string);
  'worker'?: (string);
}

export interface Attempt__Output {
  'run': (string);
  'task': (string);
  'epoch': (number);
  'attemptId': (string);
  'worker': (string);
}
