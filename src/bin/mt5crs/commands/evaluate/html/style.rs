//! The page's style: light and dark, a narrow screen, and A4.

pub(super) const CSS: &str = "\
:root{--bg:#fff;--fg:#1b1f23;--muted:#57606a;--line:#d0d7de;--soft:#f3f5f7;--pass:#116329;--fail:#a40e26;--unknown:#7d4e00;--a:#0550ae;--b:#8250df;--grid:#e1e5ea;--gap:#8c959f}
@media (prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6edf3;--muted:#a5afba;--line:#3a424c;--soft:#1e242b;--pass:#5fd08a;--fail:#ff8f8f;--unknown:#f0b955;--a:#79b8ff;--b:#c9a6ff;--grid:#2b323a;--gap:#8b949e}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.45 system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans CJK SC',sans-serif}
main{max-width:64rem;margin:0 auto;padding:1rem}
h1{margin:0;font-size:2.2rem;letter-spacing:.02em}
h2{margin:1.6rem 0 .5rem;font-size:1.2rem}
h3{margin:.2rem 0;font-size:1rem}
p{margin:.3rem 0}
code,pre{font-family:ui-monospace,'Cascadia Mono','DejaVu Sans Mono',monospace;font-size:.85em}
code{overflow-wrap:anywhere}
pre{margin:.3rem 0;padding:.5rem;background:var(--soft);white-space:pre-wrap;overflow-wrap:anywhere;border-radius:4px}
time,footer{color:var(--muted);font-weight:400}
.verdict{padding:1rem 1.2rem;border-left:.6rem solid;background:var(--soft);border-radius:4px}
.verdict h1{color:inherit}.verdict p{color:var(--fg)}
.pass{color:var(--pass)}.fail{color:var(--fail)}.unknown{color:var(--unknown)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.5rem 1.5rem;margin:1rem 0}
.facts div:last-child{grid-column:1/-1}
dt{color:var(--muted);font-size:.85rem}dd{margin:0;overflow-wrap:anywhere}
.against{padding-left:1.2rem;overflow-wrap:anywhere}.against li{margin:.4rem 0}.against span{color:var(--muted)}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th,td{padding:.3rem .5rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--muted);font-weight:600}
tbody th{font-weight:500}
.numbers td,.numbers th{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.numbers td:first-child,.numbers th:first-child{text-align:left}
.scroll{overflow-x:auto}
figure{margin:1rem 0 0}
figure svg{display:block;width:100%;height:auto}
figcaption{color:var(--muted);font-size:.85rem;margin-top:.1rem}
figure svg rect,figure svg polygon{shape-rendering:crispEdges}
.named{white-space:nowrap;margin-right:.5em}
.narrow{display:none!important}
.incident{border-left:3px solid var(--line);padding-left:.7rem;margin:.7rem 0}
.key{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 0;border-radius:2px;vertical-align:-.05em}
footer{margin-top:2rem;font-size:.85rem}
@media (max-width:640px){
body{font-size:15px}h1{font-size:1.8rem}
.wide{display:none!important}.narrow{display:block!important}
.stacked thead{display:none}.stacked tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}
.stacked th,.stacked td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0;text-align:right;overflow-wrap:anywhere}
.stacked th{font-weight:600;text-align:left}.stacked td::before{content:attr(data-name);color:var(--muted);text-align:left;flex:none}
}
@page{size:A4;margin:14mm}
@media print{
:root{--bg:#fff;--fg:#000;--muted:#444;--line:#bbb;--soft:#f4f4f4;--pass:#0b5d22;--fail:#9b0d22;--unknown:#6b4300;--a:#0550ae;--b:#6f42c1;--grid:#ddd;--gap:#777}
body{font-size:10pt}main{max-width:none;padding:0}
.scroll{overflow:visible}.numbers{font-size:7.5pt}
.narrow{display:none!important}.wide{display:block!important}
figure,.incident,tr,.verdict{break-inside:avoid}h2{break-after:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
";
