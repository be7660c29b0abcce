// Original file: proto/spatile/v1/runs.proto


export interface RunName {
  'id'?: (string);
}

export interface RunName__Output {
  'id': (string);
}
