const palette = {
  light: `--paper:#fcfcfa;--panel:#f3f3ee;--ink:#1d252c;--soft:#55606a;--line:#d9d9d2;--accent:#1f4f7a;
--fail:#9c1f1f;--fail-bg:#fbe9e7;--doubt:#7a4d00;--doubt-bg:#fdf1d8;--good:#1c6238;--good-bg:#e4f2e8;--quiet:#4b5560;--quiet-bg:#e9ebec`,
  dark: `--paper:#14181c;--panel:#1c2228;--ink:#e4e7e9;--soft:#a4afb8;--line:#333b43;--accent:#8fc1ee;
--fail:#ffb1a8;--fail-bg:#431c1a;--doubt:#f3cd82;--doubt-bg:#3a2c0e;--good:#9adbb2;--good-bg:#16341f;--quiet:#c0c8ce;--quiet-bg:#2a3138`,
};

const base = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif}
header,main,footer{max-width:66rem;margin:0 auto;padding:0 1.5rem}
h1,h2,h3{font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,"Noto Serif","DejaVu Serif",serif;line-height:1.2;font-weight:600;text-wrap:balance}
h1{font-size:1.9rem;margin:.2rem 0 .6rem}
h2{font-size:1.4rem;margin:3.2rem 0 .8rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1.08rem;margin:1.8rem 0 .6rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--accent);text-underline-offset:.15em;overflow-wrap:anywhere}
a:focus-visible,summary:focus-visible,input:focus-visible,textarea:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code,pre,.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.note,.meta{color:var(--soft)}
.note{font-size:.94rem}
.skip{position:absolute;left:-100rem}
.skip:focus{position:static}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
header{padding-top:2.4rem}
.eyebrow{font-size:.82rem;letter-spacing:.09em;text-transform:uppercase;color:var(--soft);margin:0}
.meta{display:flex;flex-wrap:wrap;gap:.2rem 2rem;margin:0;font-size:.94rem}
.meta div{display:flex;gap:.45rem}
.meta dd{margin:0;color:var(--ink);overflow-wrap:anywhere}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.3rem;list-style:none;padding:0;margin:1.4rem 0 0;font-size:.94rem}
`;

const result = `
.result{margin:1.6rem 0 0;padding:1.3rem 1.5rem;background:var(--panel);border:1px solid var(--line);border-left:.4rem solid var(--tone);border-radius:.4rem}
.result h2{margin:0;padding:0;border:0;font-size:1.55rem;color:var(--tone)}
.result p{margin:.35rem 0 0}
.counts{display:flex;flex-wrap:wrap;gap:.6rem;list-style:none;padding:0;margin:1.1rem 0 0}
.counts li{padding:.45rem .9rem;border-radius:.35rem;background:var(--tone-bg);color:var(--tone);font-size:.92rem}
.counts b{font-size:1.25rem;margin-right:.35rem;font-variant-numeric:tabular-nums}
.chip{display:inline-block;padding:.08rem .55rem;border-radius:.3rem;background:var(--tone-bg);color:var(--tone);font-size:.86rem;font-weight:600;white-space:nowrap}
.tone-fail{--tone:var(--fail);--tone-bg:var(--fail-bg)}
.tone-doubt{--tone:var(--doubt);--tone-bg:var(--doubt-bg)}
.tone-good{--tone:var(--good);--tone-bg:var(--good-bg)}
.tone-quiet{--tone:var(--quiet);--tone-bg:var(--quiet-bg)}
.case{margin:1rem 0;padding:1rem 1.2rem;border:1px solid var(--line);border-left:.3rem solid var(--tone);border-radius:.35rem;break-inside:avoid}
.case h4{margin:0 0 .2rem;font-size:1rem;font-weight:600}
.case h4 a{margin-right:.5rem}
.grounds{display:grid;grid-template-columns:minmax(6rem,max-content) minmax(0,1fr);align-items:baseline;gap:.25rem 1.1rem;margin:.7rem 0 0;font-size:.94rem}
.grounds dt{color:var(--soft)}
.grounds dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}
.command{display:inline-block;padding:.15rem .5rem;background:var(--panel);border:1px solid var(--line);border-radius:.25rem;user-select:all}
.links{list-style:none;margin:0;padding:0}
`;

const tables = `
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.94rem}
caption{text-align:left;color:var(--soft);padding:.3rem 0 .5rem;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .8rem .5rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:.86rem}
tbody th{font-weight:600}
.claims td:last-child{width:100%}
.claims .section th{padding-top:1.5rem;font-size:1rem}
.claims p{margin:0}
.claims .why{color:var(--soft);margin-top:.2rem;white-space:pre-line;overflow-wrap:anywhere}
.basis{display:block;font-weight:400;font-size:.82rem;color:var(--soft)}
.numeric{font-variant-numeric:tabular-nums;white-space:nowrap}
details{margin-top:.35rem}
summary{cursor:pointer;color:var(--accent);font-size:.9rem}
.quoted blockquote{margin:.4rem 0 .6rem;padding:.1rem 0 .1rem .9rem;border-left:.2rem solid var(--line);font-size:.92rem;white-space:pre-line;overflow-wrap:anywhere}
.question{font-weight:600}
figure{margin:.6rem 0}
figure img{max-width:100%;max-height:44rem;border:1px solid var(--line)}
.judged{margin:.3rem 0 .4rem;padding-left:1.1rem;font-size:.9rem}
.pairs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
.pairs section{border:1px solid var(--line);border-radius:.35rem;padding:.9rem 1.1rem;break-inside:avoid}
.pairs h4{margin:0;font-size:.98rem}
.pairs .grounds{grid-template-columns:minmax(5rem,max-content) minmax(0,1fr)}
.entry{margin:1.2rem 0;break-inside:avoid}
.entry h3,.entry h4{margin:0 0 .2rem}
.entry p{white-space:pre-line}
fieldset{margin:1rem 0;padding:.6rem 1.2rem 1.1rem;border:1px solid var(--line);border-radius:.35rem;min-inline-size:0;break-inside:avoid}
legend{font-weight:600;padding:0 .4rem}
.choices{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;margin:.6rem 0}
.field{display:block;margin-top:.6rem;color:var(--soft);font-size:.92rem}
.field textarea,.field input{display:block;width:100%;margin-top:.2rem;padding:.4rem .5rem;font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--soft);border-radius:.25rem}
.signed{display:grid;grid-template-columns:2fr 1fr;gap:1rem}
footer{margin-top:4rem;padding-top:1rem;padding-bottom:3rem;border-top:1px solid var(--line);color:var(--soft);font-size:.88rem}
`;

const ladder = `
.ladder{min-width:34rem;padding-bottom:.5rem;font-size:.88rem}
.lanes,.message>summary{display:grid;grid-template-columns:4.6rem minmax(0,1fr);align-items:end;column-gap:.6rem}
.lanes ol,.track{display:grid;list-style:none;margin:0;padding:0}
.lanes li{grid-column:span 2;text-align:center;font-weight:600;padding:.3rem .2rem;overflow-wrap:anywhere}
.message{margin:0}
.message>summary{color:inherit;list-style:none;font-size:inherit}
.message>summary::-webkit-details-marker{display:none}
.message>summary:hover{background:var(--panel)}
.message .at{color:var(--soft);text-align:right;font-variant-numeric:tabular-nums;padding-bottom:.15rem}
.track{background-image:linear-gradient(90deg,transparent calc(50% - .5px),var(--line) calc(50% - .5px),var(--line) calc(50% + .5px),transparent calc(50% + .5px))}
.arrow{position:relative;grid-row:1;padding:.75rem .9rem .25rem;border-bottom:1.5px solid var(--accent);text-align:center}
.arrow span{background:var(--paper);padding:0 .35rem;overflow-wrap:anywhere}
.message>summary:hover .arrow span,.message[open]>summary .arrow span{background:var(--panel)}
.message[open]>summary{background:var(--panel)}
.arrow::after{content:"";position:absolute;bottom:-.34rem;border:.3rem solid transparent}
.right::after{right:-.05rem;border-left:.55rem solid var(--accent);border-right:0}
.left::after{left:-.05rem;border-right:.55rem solid var(--accent);border-left:0}
.aside{grid-column:1/-1;border-bottom-style:dotted}
.message pre{margin:.3rem 0 .9rem 5.2rem;padding:.8rem 1rem;background:var(--panel);border-left:.2rem solid var(--line)}
`;

const media = `
@media (max-width:40rem){
header,main,footer{padding-left:1rem;padding-right:1rem}
h1{font-size:1.55rem}
.claims,.claims tbody,.claims tr,.claims td,.claims tbody th{display:block;width:auto}
.claims caption{display:block}
.claims thead{position:absolute;left:-100rem}
.claims tr{padding:.7rem 0;border-bottom:1px solid var(--line)}
.claims tr.section{padding-bottom:.2rem}
.claims th,.claims td{border:0;padding:.1rem 0}
.claims .basis{display:inline;margin-left:.5rem}
.grounds,.pairs .grounds{grid-template-columns:minmax(0,1fr);gap:0}
.grounds dd{margin-bottom:.45rem}
.signed{grid-template-columns:1fr;gap:0}
}
@media print{
:root{${palette.light};--paper:#fff}
html{color-scheme:light}
body{font-size:10pt}
header,main,footer{max-width:none;padding:0}
nav,.skip{display:none}
h2,h3,h4,caption,.section{break-after:avoid}
tr,.message{break-inside:avoid}
.scroll{overflow:visible}
.ladder{min-width:0}
.result,.chip,.counts li,.arrow,.track{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.links a[href]::after,.why a[href]::after{content:none}
.claims details:not(.quoted)::details-content,.claims .first .quoted::details-content{content-visibility:visible;block-size:auto}
@page{margin:16mm 15mm}
}
`;

/** The report's whole style sheet but for the columns of its ladders. */
export const reportStyle = `:root{${palette.light}}
@media (prefers-color-scheme:dark){:root{${palette.dark}}}${base}${result}${tables}${ladder}${media}`;
