import { onRequest } from './kind.ts';

export const CREATE_FAULTS = {
  twice: onRequest(
    'one POST creates two jobs with the same name; the answer is the second one',
    {},
    async (_, exchange, next) => {
      await next(exchange);
      return next(exchange);
    },
  ),
};
