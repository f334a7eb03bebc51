/** Where one rtpengine works. */
export interface RtpengineSettings {
  /** Address of the media ports. */
  readonly host: string;
  /** UDP ports, both included. */
  readonly first: number;
  readonly last: number;
  /** Address and port of its ng protocol: on the loopback interface only. */
  readonly control: { readonly host: string; readonly port: number };
}

/**
 * Its command line: in user space (no kernel table), in the foreground, without the system's configuration file. The first source
 * of a leg is learnt at once and no other afterwards (I-5).
 */
export const rtpengineOptions = ({
  host,
  first,
  last,
  control,
}: RtpengineSettings): readonly string[] => [
  '--config-file=none',
  '--foreground',
  '--log-stderr',
  '--log-level=5',
  '--table=-1',
  `--interface=${host}`,
  `--listen-ng=${control.host}:${control.port}`,
  `--port-min=${first}`,
  `--port-max=${last}`,
  '--endpoint-learning=immediate',
  '--num-threads=2',
  '--media-num-threads=0',
  '--delete-delay=0',
  '--timeout=3600',
  '--silent-timeout=43200',
  '--offer-timeout=300',
];
