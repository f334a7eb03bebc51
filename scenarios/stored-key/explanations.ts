/** What each refusal of a stored file means, for a person. */
const explanations: Readonly<Record<string, string>> = {
  'file-empty': 'the file is empty',
  'file-size': 'the file is longer than any key file',
  'pem-text': 'there is text outside the armour',
  'pem-begin': 'the BEGIN line is malformed',
  'pem-header': 'header lines stand before the body, which RFC 7468 does not have',
  'pem-line':
    'a line of the body has another length than RFC 7468 has it (64 characters, the last one fewer)',
  'pem-base64': 'the body is no canonical base64',
  'pem-end': 'the END line is missing or malformed',
  'pem-count': 'there is more than one object in the file',
  'pem-label': 'the label is not that of the content',
  'der-end': 'an element is longer than what it stands in',
  'der-tag': 'an element has a tag that is not used here',
  'der-length':
    'a length is indefinite or not in its shortest form, which DER forbids (X.690 section 10.1)',
  'der-form': 'an element is constructed where it must be primitive, or the reverse',
  'der-depth': 'elements are nested too deeply',
  'der-trailing': 'bytes follow the end of the structure',
  'der-integer': 'an INTEGER is not in its shortest form (X.690 section 8.3.2)',
  'der-object-identifier': 'an object identifier is not in its shortest form',
  'der-null': 'a NULL has content',
  'der-boolean': 'a BOOLEAN is neither 00 nor FF',
  'der-bit-string': 'unused bits of a BIT STRING are not zero',
  'der-set-order': 'the elements of a SET are not in order',
  'keystore-form': 'the structure is not that of a private key',
  'keystore-scheme': 'the parameters of the scheme are malformed',
  'keystore-derivation': 'the key derivation is malformed',
  'keystore-salt': 'the salt is malformed',
  'keystore-iterations': 'the count of iterations is malformed',
  'keystore-key-length': 'the key length is not that of the cipher',
  'keystore-prf':
    'the pseudorandom function is malformed, or a default that DER leaves out is written',
  'keystore-cipher': 'the cipher is malformed',
  'keystore-iv': 'the IV is malformed',
  'keystore-encrypted-key': 'the encrypted key is empty or not of whole blocks',
};

/** What a fault code of stored files means, in words; the code itself where it has none. */
export const explain = (code: string): string => explanations[code] ?? code;
