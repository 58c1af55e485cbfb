/** The report's own stylesheet: paper white, one column, printable. */
export const REPORT_STYLE = `
:root{color-scheme:light;--text:#16191c;--dim:#59626a;--line:#dde1e4}
*{box-sizing:border-box}
body{margin:0;background:#f4f5f6;color:var(--text);font:14px/1.45 Inter,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:944px;margin:0 auto;padding:32px;background:#fff}
header p{margin:0;color:var(--dim);font-size:13px}
h1{margin:0 0 8px;font-size:24px;line-height:1.2;overflow-wrap:anywhere}
h2{margin:0 0 8px;font-size:16px}
header .sentence{max-width:80ch;color:var(--text);font-size:16px}
section{margin-top:24px;padding-top:16px;border-top:1px solid var(--line)}
figure{margin:0 0 24px}
figcaption{margin-bottom:8px}
figcaption span,.small{color:var(--dim);font-size:13px}
svg{display:block;max-width:100%;height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13px}
th,td{max-width:360px;padding:4px 16px 4px 0;border-bottom:1px solid var(--line);text-align:left;font-weight:400;vertical-align:top;overflow-wrap:anywhere;white-space:pre-wrap}
th,td:first-child{color:var(--dim)}
td.number{text-align:right}
details{margin-bottom:16px}
summary{color:#1461a8;font-size:13px;cursor:pointer}
@media (max-width:599px){main{padding:16px}}
@media print{body{background:none}main{padding:0}figure{break-inside:avoid}}
`;
