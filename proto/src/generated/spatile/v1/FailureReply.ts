// Original file: proto/spatile/v1/tiles.proto


export interface FailureReply {
}

export interface FailureReply__Output {
}
