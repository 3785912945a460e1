/** The statuses of google.rpc: each name with its HTTP status and the number that rows of a batch have. */
const STATUSES = {
  CANCELLED: { http: 499, rpc: 1 },
  INVALID_ARGUMENT: { http: 400, rpc: 3 },
  DEADLINE_EXCEEDED: { http: 504, rpc: 4 },
  NOT_FOUND: { http: 404, rpc: 5 },
  ALREADY_EXISTS: { http: 409, rpc: 6 },
  PERMISSION_DENIED: { http: 403, rpc: 7 },
  RESOURCE_EXHAUSTED: { http: 429, rpc: 8 },
  FAILED_PRECONDITION: { http: 400, rpc: 9 },
  OUT_OF_RANGE: { http: 416, rpc: 11 },
  INTERNAL: { http: 500, rpc: 13 },
  UNAVAILABLE: { http: 503, rpc: 14 },
} as const;

export type Status = keyof typeof STATUSES;

export const STATUS_NAMES = Object.keys(STATUSES) as Status[];

/** An error of a row or a failed job: the google.rpc number and a message. */
export interface RpcError {
  code: number;
  message: string;
}

export function rpcError(status: Status, message: string): RpcError {
  return { code: STATUSES[status].rpc, message };
}

/** A refused request. Its JSON is Google's error envelope. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: Status;
  readonly details: readonly unknown[];

  constructor(status: Status, message: string, details: readonly unknown[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }

  get httpStatus(): number {
    return STATUSES[this.status].http;
  }

  /** The same error for one row of a batch instead of the whole request. */
  toRpc(): RpcError {
    return rpcError(this.status, this.message);
  }

  toJSON(): unknown {
    return {
      error: {
        code: this.httpStatus,
        message: this.message,
        status: this.status,
        ...(this.details.length > 0 && { details: this.details }),
      },
    };
  }
}

/** The refusal of a field that is unknown or has an unsupported value, in Google's format. */
export function badField(field: string, description: string): Refusal {
  return new Refusal('INVALID_ARGUMENT', description, [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] },
  ]);
}
