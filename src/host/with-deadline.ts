/**
 * The work's own outcome, or a rejection once the deadline has passed. The work itself continues: give it a signal where it
 * should end, too.
 *
 * @param error is made once the deadline has passed
 */
export async function withDeadline<T>(ms: number, work: Promise<T>, error: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error()), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
