// What the browser checks before it signs (RFC 5652 signed attributes): that the digest is the digest of the very file
// it was given, that the certificate is its own, and that there is nothing else in what it signs.
import { t } from "../words";

interface Node {
  tag: number;
  value: Uint8Array;
  end: number;
}

const OIDS: Record<string, number[]> = {
  contentType: [42, 134, 72, 134, 247, 13, 1, 9, 3],
  messageDigest: [42, 134, 72, 134, 247, 13, 1, 9, 4],
  signingCertificate: [42, 134, 72, 134, 247, 13, 1, 9, 16, 2, 47],
};

function read(bytes: Uint8Array, at = 0): Node {
  const tag = bytes[at] ?? 0;
  let length = bytes[at + 1] ?? 0;
  let head = 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[at + 2 + index] ?? 0);
    head = 2 + count;
  }
  return { tag, value: bytes.subarray(at + head, at + head + length), end: at + head + length };
}

function children(bytes: Uint8Array): Node[] {
  const found: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    const node = read(bytes, at);
    found.push(node);
    at = node.end;
  }
  return found;
}

function equal(a: Uint8Array, b: ArrayLike<number>): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

async function digest(bytes: BufferSource): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Throw unless `attributes` commit to exactly this file and this certificate. */
export async function check(file: Uint8Array<ArrayBuffer>, range: [number, number, number, number], attributes: Uint8Array, certificate: ArrayBuffer): Promise<void> {
  const refuse = (): never => {
    throw new Error(t("收到的文件和要签的对不上，没有签名。请打电话找我们。"));
  };
  const [start, before, after, rest] = range;
  if (start !== 0 || after + rest !== file.length || file[before] !== 0x3c || file[after - 1] !== 0x3e) refuse();
  const covered = new Uint8Array(before + rest);
  covered.set(file.subarray(0, before));
  covered.set(file.subarray(after), before);
  const set = read(attributes);
  if (set.tag !== 0x31 || set.end !== attributes.length) refuse();
  const seen: Record<string, Node> = {};
  for (const attribute of children(set.value)) {
    const [oid, values] = children(attribute.value);
    const name = oid && Object.keys(OIDS).find((known) => equal(oid.value, OIDS[known] ?? []));
    const value = values && children(values.value)[0];
    if (!name || !value || seen[name]) refuse();
    else seen[name] = value;
  }
  const wanted = seen["messageDigest"];
  if (!wanted || !equal(wanted.value, await digest(covered))) refuse();
  const signing = seen["signingCertificate"];
  const outer = signing && children(signing.value)[0];
  const first = outer && children(outer.value)[0];
  const hash = first && children(first.value).find((node) => node.tag === 4);
  if (!hash || !equal(hash.value, await digest(certificate))) refuse();
}
