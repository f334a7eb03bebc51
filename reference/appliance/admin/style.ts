import { createHash } from 'node:crypto';
import type { Html } from './html.ts';

const palette = {
  light: `--paper:#fcfcfa;--panel:#f1f1ec;--ink:#1d252c;--soft:#505b65;--line:#d3d3cb;--accent:#1f4f7a;--on-accent:#fff;
--bad:#9c1f1f;--bad-bg:#fbe9e7;--good:#1c6238;--good-bg:#e4f2e8;--quiet:#4b5560;--quiet-bg:#e6e9eb`,
  dark: `--paper:#14181c;--panel:#1d242a;--ink:#e4e7e9;--soft:#aab4bd;--line:#39424b;--accent:#8fc1ee;--on-accent:#10202e;
--bad:#ffb1a8;--bad-bg:#431c1a;--good:#9adbb2;--good-bg:#16341f;--quiet:#c0c8ce;--quiet-bg:#2a3138`,
};

const sheet = `:root{${palette.light}}
@media (prefers-color-scheme:dark){:root{${palette.dark}}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif}
.bar,main,footer{max-width:72rem;margin:0 auto;padding:0 1.5rem}
header{background:var(--panel);border-bottom:1px solid var(--line)}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem 1.4rem;padding-top:.8rem;padding-bottom:.8rem}
.product{font-weight:600;margin-right:auto}
.bar form{display:flex;gap:.3rem;align-items:center;margin:0}
nav{border-top:1px solid var(--line)}
nav ul{display:flex;flex-wrap:wrap;list-style:none;max-width:72rem;margin:0 auto;padding:0 .75rem}
nav a{display:block;padding:.55rem .75rem;color:var(--ink);text-decoration:none;border-bottom:3px solid transparent}
nav a:hover{text-decoration:underline}
nav a[aria-current]{border-color:var(--accent);font-weight:600}
main{padding-top:1.6rem;padding-bottom:3rem}
footer{padding-top:1rem;padding-bottom:2rem;border-top:1px solid var(--line);color:var(--soft);font-size:.88rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.2rem 0 .7rem}
p{max-width:46rem;margin:.6rem 0;overflow-wrap:anywhere}
a{color:var(--accent);text-underline-offset:.15em;overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
code,pre{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:var(--panel);padding:.8rem 1rem;border:1px solid var(--line);border-radius:.3rem;max-width:46rem}
.skip{position:absolute;left:-100rem}
.skip:focus{position:static}
.soft{color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.94rem}
caption{text-align:left;color:var(--soft);padding:.2rem 0 .4rem;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}
th{white-space:nowrap}
thead th{color:var(--soft);font-size:.86rem}
time,.number{font-variant-numeric:tabular-nums;white-space:nowrap}
.detail{min-width:14rem;overflow-wrap:anywhere}
h2+.scroll caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) minmax(0,1fr);gap:.35rem 1.4rem;margin:.8rem 0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
.counts{display:flex;flex-wrap:wrap;gap:.7rem;padding:0;margin:0;list-style:none}
.counts li{min-width:9.5rem;padding:.7rem 1rem;background:var(--panel);border:1px solid var(--line);border-radius:.4rem;font-size:.9rem;color:var(--soft)}
.counts b{display:block;font-size:1.5rem;line-height:1.2;color:var(--ink);font-variant-numeric:tabular-nums}
.note{padding:.7rem 1rem;border-left:.3rem solid var(--tone);background:var(--tone-bg);color:var(--tone);border-radius:.25rem;max-width:46rem}
ul.note{padding-left:2rem}
.chip{display:inline-block;padding:.05rem .5rem;border-radius:.25rem;background:var(--tone-bg);color:var(--tone);font-size:.88rem;font-weight:600;white-space:nowrap}
.bad{--tone:var(--bad);--tone-bg:var(--bad-bg)}
.good{--tone:var(--good);--tone-bg:var(--good-bg)}
.quiet{--tone:var(--quiet);--tone-bg:var(--quiet-bg)}
.field{margin:.9rem 0;max-width:26rem}
.field label{display:block;font-weight:600}
.field .hint{display:block;color:var(--soft);font-size:.88rem}
input,select,button,.button{font:inherit;padding:.42rem .6rem;border:1px solid var(--soft);border-radius:.3rem;background:var(--paper);color:var(--ink)}
.field input,.field select{width:100%;margin-top:.2rem}
.filters{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:start;margin:0 0 1rem}
.filters .field{margin:.3rem 0;flex:1 1 11rem;max-width:17rem}
.filters button{margin-top:2rem}
button,.button{display:inline-block;cursor:pointer;background:var(--accent);border-color:var(--accent);color:var(--on-accent);text-decoration:none;font-weight:600;padding:.42rem 1rem}
button.plain{background:none;color:var(--accent);border-color:transparent;padding:.2rem .4rem;text-decoration:underline;font-weight:400}
button.plain[aria-current]{color:var(--ink);text-decoration:none;font-weight:600}
button.danger,.button.danger{background:var(--bad);border-color:var(--bad);color:var(--paper)}
.actions{display:flex;flex-wrap:wrap;gap:.6rem 1.2rem;align-items:center;margin:1.2rem 0}
.once{font-size:1.15rem;user-select:all}
@media (max-width:40rem){
.bar,main,footer{padding-left:1rem;padding-right:1rem}
dl{grid-template-columns:minmax(0,1fr);gap:0}
dd{margin-bottom:.5rem}
}
@media print{nav,.bar form,.skip,.filters,.actions{display:none}}
`;

/** The only style sheet, for the head of every page. */
export const styleElement: Html = { safe: `<style>${sheet}</style>` };

/** Source expression of the style sheet for the Content-Security-Policy (CSP Level 3, section 2.3.1). */
export const styleSource = `'sha256-${createHash('sha256').update(sheet).digest('base64')}'`;
