/**
 * A time in epoch milliseconds that is later than everything done before the call and earlier than everything done after it:
 * the clock advances before and after it is read.
 */
export async function timeBetween(): Promise<number> {
  await nextMillisecond();
  const time = Date.now();
  await nextMillisecond();
  return time;
}

async function nextMillisecond(): Promise<void> {
  for (const start = Date.now(); Date.now() <= start; ) await new Promise((resolve) => setImmediate(resolve));
}
