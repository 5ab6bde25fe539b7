import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The files of a certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly ca: Certificate;
  /** Signs the requests of the aggregation layer on behalf of users. */
  readonly frontProxyCa: Certificate;
  readonly frontProxy: Certificate;
  readonly server: Certificate;
  /** The client certificate of the API server for kubelets. */
  readonly kubeletClient: Certificate;
  /** `system:masters`: the tests' administrator. */
  readonly admin: Certificate;
  readonly controllerManager: Certificate;
  readonly scheduler: Certificate;
  /** RSA key that signs the tokens of ServiceAccounts. */
  readonly serviceAccountKey: string;
}

/** The subject of a certificate. Kubernetes interprets its organisations as groups. */
export interface Subject {
  readonly name: string;
  readonly groups?: readonly string[];
  /** `DNS:…` and `IP:…` of a server. */
  readonly hosts?: readonly string[];
}

/**
 * Creates all certificates of a control plane with openssl (EC P-256, valid for a day), in about a second.
 * @param folder an existing folder for the files
 * @param hosts names and addresses by which the API server is called, as `DNS:name` and `IP:address`
 */
export async function makeCertificates(folder: string, hosts: readonly string[]): Promise<Certificates> {
  const serviceAccountKey = join(folder, "service-account.key");
  const [ca, frontProxyCa] = await Promise.all([
    makeAuthority(folder, "ca"),
    makeAuthority(folder, "front-proxy-ca"),
    run("openssl", ["genrsa", "-out", serviceAccountKey, "2048"]),
  ]);
  const sign = (file: string, subject: Subject) => signCertificate(folder, ca, file, subject);
  const [frontProxy, server, kubeletClient, admin, controllerManager, scheduler] = await Promise.all([
    signCertificate(folder, frontProxyCa, "front-proxy", { name: "front-proxy" }),
    sign("apiserver", { name: "kube-apiserver", hosts }),
    sign("kubelet-client", { name: "kube-apiserver-kubelet-client", groups: ["system:masters"] }),
    sign("admin", { name: "tests", groups: ["system:masters"] }),
    sign("controller-manager", { name: "system:kube-controller-manager" }),
    sign("scheduler", { name: "system:kube-scheduler" }),
  ]);
  return {
    ca,
    frontProxyCa,
    frontProxy,
    server,
    kubeletClient,
    admin,
    controllerManager,
    scheduler,
    serviceAccountKey,
  };
}

async function makeAuthority(folder: string, name: string): Promise<Certificate> {
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  await run("openssl", [...request, "-subj", `/CN=${name}`, "-keyout", files.key, "-out", files.cert]);
  return files;
}

/** A certificate for one client or server, signed by `authority`. */
export async function signCertificate(
  folder: string,
  authority: Certificate,
  file: string,
  subject: Subject,
): Promise<Certificate> {
  const files = { cert: join(folder, `${file}.crt`), key: join(folder, `${file}.key`) };
  const groups = (subject.groups ?? []).map((group) => `/O=${group}`).join("");
  const extensions = ["basicConstraints=CA:FALSE", "extendedKeyUsage=clientAuth,serverAuth"];
  if (subject.hosts !== undefined) extensions.push(`subjectAltName=${subject.hosts.join(",")}`);
  const extensionFile = join(folder, `${file}.ext`);
  const requestFile = join(folder, `${file}.csr`);
  await writeFile(extensionFile, `${extensions.join("\n")}\n`);
  const request = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await run("openssl", [
    ...request,
    "-subj",
    `${groups}/CN=${subject.name}`,
    "-keyout",
    files.key,
    "-out",
    requestFile,
  ]);
  const authorityFiles = ["-CA", authority.cert, "-CAkey", authority.key, "-set_serial", serial()];
  await run("openssl", [
    "x509",
    "-req",
    "-in",
    requestFile,
    ...authorityFiles,
    "-days",
    "1",
    "-extfile",
    extensionFile,
    "-out",
    files.cert,
  ]);
  return files;
}

let serials = 0;
/** Serial numbers must be unique within one authority. */
function serial(): string {
  serials += 1;
  return String(serials + 1);
}
