/**
 * What rejects an object although its sender may write it, as the API server reports it: with any status, because a webhook
 * chooses its own (apiserver, `webhookerrors.ToStatusErr`).
 */
const DENIALS: readonly { readonly pattern: RegExp; readonly fix: (match: RegExpExecArray) => string }[] = [
  {
    pattern: /admission webhook "([^"]+)" denied the request/,
    fix: ([, name]) => `change what the admission webhook ${name} denies, or request an exception from its owner`,
  },
  {
    pattern: /ValidatingAdmissionPolicy '([^']+)'.* denied request/,
    fix: ([, name]) =>
      `change what the ValidatingAdmissionPolicy ${name} denies, or request an exception from the administrators of the cluster`,
  },
  {
    pattern: /is forbidden: (?:exceeded|failed) quota: ([^,:]+)/,
    fix: ([, name]) =>
      `raise the ResourceQuota ${name} (kubectl describe resourcequota), or declare fewer replicas, smaller resources or every limit that it requires`,
  },
  {
    pattern: /violates PodSecurity "([^":]+)/,
    fix: ([, level]) =>
      `remove the fields that ${level} forbids from \`patch:\`, or set another level with \`security: { pods: … }\` and on the namespace`,
  },
  {
    pattern: /is forbidden: .*\b(?:maximum|minimum|max) \S+ (?:usage per|limit to request ratio per) (\w+)/,
    fix: ([, kind]) =>
      `change the resources in the platform file, or the LimitRange of the namespace (kubectl describe limitrange), which limits each ${kind}`,
  },
];

/** What to do about an object that admission denied; undefined for any other message of the API server. */
export function denialFix(message: string): string | undefined {
  for (const { pattern, fix } of DENIALS) {
    const match = pattern.exec(message);
    if (match) return fix(match);
  }
  return undefined;
}

/** The admission webhook that the API server could not ask (apiserver, `webhook.ErrCallingWebhook`); undefined for another failure. */
export function failingWebhook(message: string): string | undefined {
  return /failed calling webhook "([^"]+)"/.exec(message)?.[1];
}
