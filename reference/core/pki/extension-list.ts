import { fault, ok, type Fault, type Result } from '../result.ts';
import { derTag, objectIdentifierText, parseDer, type DerFaultCode, type DerNode } from './der.ts';

/** One extension (RFC 5280 section 4.1). */
export interface ListedExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** The OCTET STRING around the value's DER, which is unread. */
  readonly value: DerNode;
}

/** Why an Extensions sequence is refused. */
export type ExtensionListFaultCode =
  | DerFaultCode
  | 'extension-form'
  | 'extension-default'
  | 'extension-repeated';

type ListResult<Value> = Result<Value, Fault<ExtensionListFaultCode>>;

const splitExtension = (node: DerNode): ListResult<ListedExtension> => {
  const [identifier, ...rest] = node.children;
  const flag = rest.length === 2 ? rest[0] : undefined;
  const value = rest.at(-1);
  if (
    node.tag !== derTag.sequence ||
    identifier?.tag !== derTag.objectIdentifier ||
    value?.tag !== derTag.octetString ||
    rest.length > 2 ||
    (flag && flag.tag !== derTag.boolean)
  )
    return fault('extension-form', node.offset);
  if (flag?.content[0] === 0) return fault('extension-default', flag.offset);
  return ok({
    oid: objectIdentifierText(identifier.content),
    critical: flag !== undefined,
    value,
  });
};

/** Splits an Extensions sequence, in which each identifier is found once. */
export const splitExtensions = (list: DerNode): ListResult<readonly ListedExtension[]> => {
  if (list.tag !== derTag.sequence || list.children.length === 0)
    return fault('extension-form', list.offset);
  const found = new Map<string, ListedExtension>();
  for (const node of list.children) {
    const extension = splitExtension(node);
    if (!extension.ok) return extension;
    if (found.has(extension.value.oid)) return fault('extension-repeated', node.offset);
    found.set(extension.value.oid, extension.value);
  }
  return ok([...found.values()]);
};

/** Reads the value of an extension; `der` is the whole input. */
export const readExtensionValue = (
  der: Uint8Array,
  { value }: ListedExtension,
): Result<DerNode, Fault<DerFaultCode>> =>
  parseDer(der, value.end - value.content.length, value.end);

/** What a list or an OCSP message says in its extensions. */
export interface ReadExtensions {
  /** Values of the known extensions by object identifier. */
  readonly values: ReadonlyMap<string, DerNode>;
  /** Object identifiers of critical extensions that are not known. */
  readonly unknownCritical: readonly string[];
}

/** Splits an optional Extensions sequence and reads the values of the known ones. */
export const readKnownExtensions = (
  der: Uint8Array,
  list: DerNode | undefined,
  known: readonly string[],
): ListResult<ReadExtensions> => {
  const values = new Map<string, DerNode>();
  if (list === undefined) return ok({ values, unknownCritical: [] });
  const extensions = splitExtensions(list);
  if (!extensions.ok) return extensions;
  for (const extension of extensions.value.filter(({ oid }) => known.includes(oid))) {
    const value = readExtensionValue(der, extension);
    if (!value.ok) return value;
    values.set(extension.oid, value.value);
  }
  const unknownCritical = extensions.value
    .filter(({ oid, critical }) => critical && !known.includes(oid))
    .map(({ oid }) => oid);
  return ok({ values, unknownCritical });
};
