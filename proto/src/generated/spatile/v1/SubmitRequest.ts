// Original file: proto/spatile/v1/runs.proto


export interface SubmitRequest {
  'bundle'?: (string);
  'output'?: (string);
  'config'?: (string);
  'set'?: (string)[];
  'resume'?: (boolean);
  'overwrite'?: (boolean);
  'cluster'?: (string);
  'crop'?: (string);
  'cropUnit'?: (string);
  'report'?: (string);
  'mostWorkers'?: (number);
}

export interface SubmitRequest__Output {
  'bundle': (string);
  'output': (string);
  'config': (string);
  'set': (string)[];
  'resume': (boolean);
  'overwrite': (boolean);
  'cluster': (string);
  'crop': (string);
  'cropUnit': (string);
  'report': (string);
  'mostWorkers': (number);
}
