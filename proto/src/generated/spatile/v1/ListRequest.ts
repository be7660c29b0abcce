// Original file: proto/spatile/v1/runs.proto


export interface ListRequest {
}

export interface ListRequest__Output {
}
