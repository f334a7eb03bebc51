import { fault, ok, type Result } from '../../../reference/core/result.ts';
import { shownText, type ScreenNode } from '../phone/layout.ts';
import { networkOf } from '../phone/state.ts';
import { numberIn, tapsOf, textIn, typedBy } from './actions.ts';
import { findNodes } from './find.ts';
import { attributesOf, hierarchyXml } from './hierarchy.ts';
import type { AutomatedPhone, ElementStore } from './session.ts';

/** What a request brings. */
export interface Request {
  readonly phone: AutomatedPhone;
  readonly elements: ElementStore;
  /** Parts of the path that the route leaves open. */
  readonly parts: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
  readonly settings: Map<string, unknown>;
}

export type Handler = (request: Request) => Result<unknown>;

/** The property that a W3C element is known by (WebDriver 2, section 12.2). */
const elementProperty = 'element-6066-11e4-a52e-4f735466cecf';

const reference = (elements: ElementStore, node: ScreenNode) => {
  const id = elements.remember(node);
  return { ELEMENT: id, [elementProperty]: id };
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const find = (request: Request): Result<readonly ScreenNode[]> => {
  const { phone, elements, body, parts } = request;
  const strategy = textOf(body['strategy'] ?? body['using']);
  const selector = textOf(body['selector'] ?? body['value']);
  const screen = phone.screen();
  const context = textOf(body['context']) || (parts[0] ?? '');
  if (context === '') return findNodes(screen, strategy, selector);
  const root = elements.find(context);
  if (!root.ok) return root;
  return findNodes({ ...screen, root: root.value }, strategy, selector);
};

const findOne: Handler = (request) => {
  const found = find(request);
  if (!found.ok) return found;
  const [node] = found.value;
  if (node) return ok(reference(request.elements, node));
  return fault(
    'no such element',
    -1,
    'An element could not be located on the page using the given search parameters',
  );
};

const findAll: Handler = (request) => {
  const found = find(request);
  return found.ok ? ok(found.value.map((node) => reference(request.elements, node))) : found;
};

/** A handler of one element, which has to be on the screen. */
const onElement =
  (work: (node: ScreenNode, request: Request) => Result<unknown>): Handler =>
  (request) => {
    const node = request.elements.find(request.parts[0] ?? '');
    return node.ok ? work(node.value, request) : node;
  };

const done = ok(null);

const click = onElement((node, { phone }) => {
  phone.gestures.tapNode(node);
  return done;
});

const setValue = onElement((node, { phone, body }) => {
  if (node.widget.kind !== 'input' || node.widget.isEnabled === false)
    return fault('invalid element state', -1, 'Cannot set the element to a text');
  const text = textIn(body['text'] ?? body['value']);
  const before = body['replace'] === true ? '' : (node.widget.text ?? '');
  phone.gestures.setText(node, before + text);
  return done;
});

const clear = onElement((node, { phone }) => {
  if (node.widget.kind !== 'input') return fault('invalid element state', -1, 'not an input');
  phone.gestures.setText(node, '');
  return done;
});

/** Older spellings of attribute names. */
const aliases: Readonly<Record<string, string>> = {
  contentDescription: 'content-desc',
  resourceId: 'resource-id',
  className: 'class',
  longClickable: 'long-clickable',
};

const attribute = onElement((node, { parts }) => {
  const attributes = attributesOf(node, 0);
  const name = aliases[parts[1] ?? ''] ?? parts[1] ?? '';
  if (name === 'name') return ok(attributes['content-desc'] ?? attributes['text']);
  if (name === 'content-desc') return ok(attributes[name] ?? null);
  if (Object.hasOwn(attributes, name)) return ok(attributes[name]);
  return fault('invalid argument', -1, `'${name}' attribute is unknown for the element`);
});

const active: Handler = ({ phone, elements }) => {
  const found = findNodes(phone.screen(), '-android uiautomator', 'new UiSelector().focused(true)');
  const node = found.ok ? found.value[0] : undefined;
  return node ? ok(reference(elements, node)) : fault('no such element', -1, 'nothing is focused');
};

const orientation: Handler = ({ phone }) =>
  ok(phone.state.rotation % 2 === 0 ? 'PORTRAIT' : 'LANDSCAPE');

const deviceInfo: Handler = ({ phone }) => {
  const { device, properties } = phone.state;
  const { width, height, density } = device.screen;
  const network = networkOf(phone.state);
  return ok({
    androidId: phone.state.settings.get('secure')?.get('android_id'),
    manufacturer: device.manufacturer,
    model: device.model,
    brand: device.brand,
    apiVersion: String(device.sdk),
    platformVersion: device.androidVersion,
    carrierName: 'Simulated',
    realDisplaySize: `${width}x${height}`,
    displayDensity: phone.state.density ?? density,
    networks: network === 'none' ? [] : [{ type: network === 'wifi' ? 1 : 0, isConnected: true }],
    locale: device.locale.replace('-', '_'),
    timeZone: properties.get('persist.sys.timezone'),
    bluetooth: null,
  });
};

const windowSize: Handler = ({ phone }) => {
  const { width, height } = phone.screen();
  return ok({ width, height, x: 0, y: 0 });
};

const alert =
  (work: (overlay: AutomatedPhone['state']['overlays'][number]) => unknown): Handler =>
  ({ phone }) => {
    const overlay = phone.state.overlays.at(-1);
    if (!overlay) return fault('no such alert', -1, 'no dialog is shown');
    return ok(work(overlay) ?? null);
  };

const scale = ({ state }: AutomatedPhone): number =>
  (state.density ?? state.device.screen.density) / 160;

const press: Handler = ({ phone, body }) => {
  phone.gestures.key(numberIn(body['keycode']));
  return done;
};

const picture: Handler = ({ phone }) => ok(Buffer.from(phone.picture()).toString('base64'));

const actions: Handler = ({ phone, body, elements }) => {
  for (const { x, y } of tapsOf(body['actions'], (id) => {
    const node = elements.find(id);
    return node.ok ? node.value.bounds : null;
  }))
    phone.gestures.tapAt(x, y);
  const text = typedBy(body['actions']);
  if (text !== '') phone.gestures.type(text);
  return done;
};

const gestureClick: Handler = ({ phone, body, elements }) => {
  const { origin, offset } = body as {
    origin?: Readonly<Record<string, unknown>> | null;
    offset?: { readonly x?: unknown; readonly y?: unknown } | null;
  };
  const node = elements.find(textOf(origin?.[elementProperty]));
  if (node.ok) phone.gestures.tapNode(node.value);
  else if (offset) phone.gestures.tapAt(numberIn(offset.x), numberIn(offset.y));
  else return fault('invalid argument', -1, 'neither an element nor a point');
  return done;
};

/** Every path below `/session/ID`, with `:` for an open part. */
export const routes: Readonly<Record<string, Handler>> = {
  'POST /element': findOne,
  'POST /elements': findAll,
  'POST /element/:/element': findOne,
  'POST /element/:/elements': findAll,
  'GET /element/active': active,
  'POST /element/:/click': click,
  'POST /element/:/clear': clear,
  'POST /element/:/value': setValue,
  'GET /element/:/text': onElement(({ widget }) => ok(shownText(widget))),
  'GET /element/:/name': onElement(({ widget }) => ok(widget.description ?? shownText(widget))),
  'GET /element/:/attribute/:': attribute,
  'GET /element/:/rect': onElement(({ bounds }) => ok(bounds)),
  'GET /element/:/location': onElement(({ bounds: { x, y } }) => ok({ x, y })),
  'GET /element/:/size': onElement(({ bounds: { width, height } }) => ok({ width, height })),
  'GET /element/:/displayed': onElement(() => ok(true)),
  'GET /element/:/enabled': onElement(({ widget }) => ok(widget.isEnabled !== false)),
  'GET /element/:/selected': onElement(({ widget }) => ok(widget.isChecked === true)),
  'GET /element/:/screenshot': onElement((_node, request) => picture(request)),
  'GET /source': ({ phone }) => ok(hierarchyXml(phone.screen())),
  'GET /screenshot': picture,
  'POST /timeouts': () => done,
  'GET /timeouts': () => ok({ implicit: 0 }),
  'POST /timeouts/implicit_wait': () => done,
  'GET /orientation': orientation,
  'POST /orientation'(request) {
    const isWide = request.body['orientation'] === 'LANDSCAPE';
    request.phone.controls.rotate(isWide ? 1 : 0);
    return orientation(request);
  },
  'GET /rotation': ({ phone }) => ok({ x: 0, y: 0, z: phone.state.rotation * 90 }),
  'POST /rotation'({ phone, body }) {
    const turns = (numberIn(body['z']) / 90) % 4;
    if (turns !== 0 && turns !== 1 && turns !== 2 && turns !== 3)
      return fault('invalid argument', -1, 'a rotation is 0, 90, 180 or 270 degrees');
    phone.controls.rotate(turns);
    return done;
  },
  'POST /back'({ phone }) {
    phone.gestures.key(4);
    return ok(true);
  },
  'POST /keys'({ phone, body }) {
    phone.gestures.type(textIn(body['value']) || textIn(body['text']));
    return done;
  },
  'POST /actions': actions,
  'DELETE /actions': () => done,
  'GET /window/current/size': windowSize,
  'GET /window/rect': windowSize,
  'GET /alert/text': alert(({ message }) => message),
  'POST /alert/accept': alert((overlay) => overlay.accept()),
  'POST /alert/dismiss': alert((overlay) => overlay.dismiss()),
  'GET /appium/device/info': deviceInfo,
  'GET /appium/device/system_bars': ({ phone }) => ok({ statusBar: phone.screen().statusBar }),
  'GET /appium/device/pixel_ratio': ({ phone }) => ok(String(scale(phone))),
  'GET /appium/device/display_density': ({ phone }) => ok(Math.round(scale(phone) * 160)),
  'GET /appium/device/battery_info': ({ phone }) =>
    ok({ status: phone.state.isPluggedIn ? 2 : 3, level: phone.state.batteryLevel / 100 }),
  'POST /appium/device/press_keycode': press,
  'POST /appium/device/long_press_keycode': press,
  'POST /appium/device/open_notifications': () => done,
  'POST /appium/gestures/click': gestureClick,
  'POST /appium/gestures/long_click': gestureClick,
  'POST /appium/reset_ax_cache': () => done,
  'GET /appium/settings': ({ settings }) => ok(Object.fromEntries(settings)),
  'POST /appium/settings'({ settings, body }) {
    const given = body['settings'];
    if (typeof given === 'object' && given !== null)
      for (const [name, value] of Object.entries(given)) settings.set(name, value);
    return done;
  },
};
