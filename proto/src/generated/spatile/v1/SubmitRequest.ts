// Original file: proto/spatile/v1/runs.proto


export interface SubmitRequest {
  'bundle'?: (string);
  'output'?: (string);
  'config'?: (string);
  'set'?: (string)[];
  'resume'?: (boolean);
  'overwrite'?: (boolean);
}

export interface SubmitRequest__Output {
  'bundle': (string);
  'output': (string);
  'config': (string);
  'set': (string)[];
  'resume': (boolean);
  'overwrite': (boolean);
}
