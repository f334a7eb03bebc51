import { describe, expect, it } from 'vitest';
import { uint } from '../../simulators/attackers/tls-client/bytes.ts';
import { analyseGroup } from './dh-group.ts';
import { foreignPrimes, modpPrime } from './testing/dh-parameters.ts';

const analyse = (prime: bigint, generator: bigint) =>
  analyseGroup(uint(prime, 300), uint(generator, 300));
const modp = BigInt(`0x${modpPrime(14)}`);

describe('a Diffie-Hellman group', () => {
  it('is named where it was published, whatever zeros lead it', async () => {
    expect(await analyse(modp, 2n)).toEqual({
      prime: modpPrime(14),
      generator: '2',
      bits: 2048,
      name: 'modp2048',
      isPrime: true,
      isSafePrime: true,
      generatorFault: null,
    });
  });

  it('is tested where it was not', async () => {
    const foreign = BigInt(`0x${foreignPrimes[1024]}`);
    expect(await analyse(foreign, 2n)).toMatchObject({ isPrime: true, isSafePrime: true });
    expect(await analyse(foreign + 2n, 2n)).toMatchObject({ isPrime: false, isSafePrime: false });
  });

  it('may be prime and no safe prime, with a generator of small order', async () => {
    const prime = 2n ** 89n - 1n;
    expect(await analyse(prime, 3n)).toMatchObject({
      bits: 89,
      isPrime: true,
      isSafePrime: false,
      generatorFault: null,
    });
    // 7 to the power of (p-1)/3, not 1, so that its order is 3.
    const orderThree = 0x11670b9b556cc8e09698c1dn;
    expect(orderThree ** 3n % prime).toBe(1n);
    expect(await analyse(prime, orderThree)).toMatchObject({ generatorFault: 'small-order' });
  });

  it('has a generator fault at 0, 1, p-1 and their like above p', async () => {
    for (const [generator, fault] of [
      [0n, 'zero-or-one'],
      [1n, 'zero-or-one'],
      [modp, 'zero-or-one'],
      [modp + 1n, 'zero-or-one'],
      [modp - 1n, 'minus-one'],
      [modp - 2n, null],
    ] as const)
      expect((await analyse(modp, generator)).generatorFault).toBe(fault);
  });

  it('never fails on nonsense', async () => {
    for (const prime of [0n, 1n, 2n, 3n, 4n])
      expect((await analyse(prime, 2n)).generatorFault).toBe('zero-or-one');
    expect(await analyseGroup(new Uint8Array(0), new Uint8Array(0))).toMatchObject({ bits: 0 });
    const huge = await analyseGroup(new Uint8Array(2_000).fill(0xff), Uint8Array.of(2));
    expect(huge).toMatchObject({ bits: 16_000, isPrime: null, isSafePrime: null });
  });

  it.each([2, 14, 15, 16] as const)('of RFC number %i is known', async (number) => {
    const { name } = await analyseGroup(
      new Uint8Array(Buffer.from(modpPrime(number), 'hex')),
      Uint8Array.of(2),
    );
    expect(name).toMatch(/^modp\d+$/);
  });
});
