/**
 * Names of the variables that PostgreSQL's programs receive. They run as another user if Keelson runs as root, and everything
 * in their environment can be read by that user: credentials of the backup repository and of model registries must not be in it.
 */
const PASSED = ["PATH", "HOME", "TMPDIR", "TZ", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"];

/** The environment of `postgres` and `initdb`. Their messages are parsed, so their locale is fixed. */
export function serverEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = PASSED.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return { ...Object.fromEntries(passed), LC_ALL: "C" };
}
