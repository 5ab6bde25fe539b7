/**
 * A text that Kubernetes passes to a container unchanged. In `env`, `command` and `args` it replaces `$(NAME)`, and `$$` by `$`
 * (Kubernetes, third_party/forked/golang/expansion), so runs of `$` that could begin either are doubled.
 */
export function literal(text: string): string {
  return text.replaceAll(/\$+(?=(\(?))/g, (run, parenthesis: string) =>
    run.length === 1 && parenthesis === "" ? run : run.repeat(2),
  );
}
