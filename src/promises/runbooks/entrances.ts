import { certificateName, issuerOf } from "../../plan/entrances/issuer.js";
import type { Plan } from "../../plan/plan.js";
import type { EntranceSubject } from "../subjects.js";
import { onOneMachine } from "../terms/machine.js";
import type { Runbook, Step } from "./runbook.js";

/** Nothing accepts the requests of an entrance. */
export function repairEntrance({ name, entrance }: EntranceSubject, plan: Plan): Runbook {
  const address = entrance.host ?? name;
  return {
    id: "repair-entrance",
    subject: name,
    title: `${address} does not answer`,
    when: `connections to ${address} are refused or time out`,
    steps: onOneMachine(plan)
      ? [
          { action: "Find the process that is down, and its number of restarts.", command: "keelson status" },
          { action: "Read why it stopped.", command: "keelson logs -f" },
        ]
      : [
          {
            action: "Find the proxies of the controller, and the nodes that they are on.",
            command: `kubectl -n ${entrance.namespace ?? "NAMESPACE"} get pods -o wide`,
          },
          ...proxySteps(entrance.host),
        ],
    done: `requests to ${address} are answered, and every proxy is ready`,
  };
}

function proxySteps(host: string | undefined): readonly Step[] {
  return [
    { action: "If proxies are pending, find out why no node has room for them, and add one." },
    {
      action:
        "If the proxies are ready, check that the load balancer has healthy nodes, and that its address did not change.",
    },
    ...(host === undefined
      ? []
      : [{ action: "Compare that address with the answer of DNS.", command: `dig +short ${host}` }]),
    {
      action:
        "If the namespace of the controller or its load balancer is deleted, install the controller again and wait for the new address.",
    },
  ];
}

/** The certificate of an entrance is about to expire, or has expired. */
export function renewCertificate({ name, entrance }: EntranceSubject, plan: Plan): Runbook {
  const { host = name } = entrance;
  const secret = certificateName(entrance);
  return {
    id: "renew-certificate",
    subject: name,
    title: `Renew the certificate of ${host}`,
    when: `the certificate of ${host} expires soon, or clients refuse it`,
    steps: [
      {
        action: "Read the date of the certificate that is served.",
        command: `openssl s_client -connect ${host}:443 -servername ${host} </dev/null | openssl x509 -noout -enddate`,
      },
      ...(issuerOf(entrance) === undefined
        ? [
            { action: "Order a certificate for the same names from its authority." },
            {
              action: "Replace the Secret with it. The controller reads it within seconds.",
              command: `kubectl -n ${plan.namespace} create secret tls ${secret} --cert CERT --key KEY --dry-run=client -o yaml | kubectl apply -f -`,
            },
          ]
        : [
            {
              action: "Read why the last request for it failed: a challenge, a DNS record, a limit of the authority.",
              command: `kubectl -n ${plan.namespace} describe certificate,certificaterequest,order,challenge`,
            },
            {
              action:
                "Remove the reason, then try again at once: cert-manager waits up to 32 hours between two attempts.",
              command: `cmctl -n ${plan.namespace} renew ${secret}`,
            },
            { action: "If a limit of the authority refuses it and the expiry is near, use another issuer." },
          ]),
    ],
    done: `a client accepts the certificate of ${host}, and it is valid for more than a month`,
  };
}

/** The address of an entrance fails, and DNS has to lead clients elsewhere. */
export function moveAddress({ name, entrance }: EntranceSubject, plan: Plan): Runbook {
  const { host = name } = entrance;
  const standby = plan.regions.find(({ role }) => role === "standby")?.name ?? "the standby region";
  return {
    id: "move-address",
    subject: name,
    title: `Lead the clients of ${host} to ${standby}`,
    when: `${host} does not answer from outside, and the services behind it run in ${standby}`,
    steps: [
      { action: "Read the address that DNS answers with, and its remaining TTL.", command: `dig ${host}` },
      { action: "Check the state of the health checks. If they succeed, they check something else than clients use." },
      { action: `If the record did not change, set the address of ${standby} in it by hand.` },
      {
        action: `Check that ${standby} accepts writes: if its databases are copies, continue with the runbook "Fail over to the region".`,
      },
      {
        action:
          "Ask clients that still use the old address to reconnect: a JVM and a browser have caches of their own.",
      },
    ],
    done: `DNS answers with an address of ${standby}, and requests to ${host} are answered`,
  };
}
