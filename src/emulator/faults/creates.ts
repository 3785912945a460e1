import { onRequest } from './kind.ts';

export const CREATE_FAULTS = {
  twice: onRequest(
    'one POST makes two jobs of the same name; the second is answered',
    {},
    async (_, exchange, next) => {
      await next(exchange);
      return next(exchange);
    },
  ),
};
