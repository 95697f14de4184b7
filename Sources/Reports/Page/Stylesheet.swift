/// How the page looks: light and dark, on phones and on paper. Colours are Okabe and Ito's, which colour-blind people tell
/// apart; curves differ in their dashes, too.
enum Stylesheet {
  /// Styles of curves.
  static let styles = 6

  static let text = """
    :root{--page:#fff;--ink:#1c2733;--dim:#5b6875;--rule:#dde3e9;--card:#f6f8fa;--good:#00795a;--bad:#b3400a;\
    --c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b14d8b;--c4:#b87a00;--c5:#2e8fc9}
    @media (prefers-color-scheme:dark){:root{--page:#12171d;--ink:#e4e9ee;--dim:#9aa7b4;--rule:#2c3640;--card:#1a2129;\
    --good:#3fc79a;--bad:#ff9257;--c0:#56b4e9;--c1:#ff9257;--c2:#3fc79a;--c3:#e394c3;--c4:#f0c04a;--c5:#9fd4f5}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
    main{max-width:1200px;margin:0 auto;padding:24px 16px 48px}
    h1{font-size:1.9rem;line-height:1.2;margin:.2em 0;overflow-wrap:anywhere}
    h2{font-size:1.3rem;margin:2em 0 .5em;padding-top:.6em;border-top:1px solid var(--rule);overflow-wrap:anywhere}
    h3{font-size:1.05rem;margin:1.4em 0 .2em}h4{font-size:.95rem;font-weight:600;margin:1em 0 .4em}
    p{margin:.3em 0 .8em;color:var(--dim);max-width:75ch;overflow-wrap:anywhere}
    .lead{font-size:1.1rem;color:var(--ink)}
    .note{border-left:4px solid var(--c4);padding:.3em .8em;background:var(--card)}
    footer{margin-top:3em;color:var(--dim);font-size:.85rem}
    .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:16px}
    figure{margin:0}
    .chart{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 12px;margin:0 0 12px}
    .charts .chart{margin:0}
    .chart>figcaption{font-weight:600;font-size:.95rem;margin-bottom:4px}
    .legend{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:.85rem;color:var(--dim)}
    .legend span{display:inline-flex;align-items:center;gap:6px;overflow-wrap:anywhere}
    .legend svg{overflow:visible;flex:none}
    .plot{display:block;width:100%;height:auto}
    .tick,.label{fill:var(--dim);font:13px system-ui,sans-serif}
    .grid{stroke:var(--rule);fill:none}.axis{stroke:var(--dim);fill:none}
    .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
    .band{fill:var(--c);opacity:.16}
    .dot{fill:var(--c)}.ring{fill:none;stroke:var(--c);stroke-width:1.8}
    .s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}.s4{--c:var(--c4)}.s5{--c:var(--c5)}
    .line.s1{stroke-dasharray:7 3}.line.s2{stroke-dasharray:2 3}.line.s3{stroke-dasharray:9 3 2 3}
    .line.s4{stroke-dasharray:12 4}.line.s5{stroke-dasharray:4 2 1 2}
    .swatch{width:12px;height:12px;border-radius:3px;display:inline-block}
    .bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:5px 12px;align-items:center;\
    font-size:.85rem;margin-top:8px}
    .bar{display:flex;height:18px;border-radius:3px;overflow:hidden;background:var(--rule)}
    .bar i{display:block;height:100%}
    .remark{color:var(--dim);text-align:right}
    .f0{background:var(--c0)}.f1{background:var(--c2)}.f2{background:var(--c4)}.f3{background:var(--c1)}
    .f4{background:var(--c3)}.f5{background:var(--c5)}
    .table{margin:0 0 16px}.table>figcaption{font-weight:600;font-size:.9rem;padding:0 0 6px;overflow-wrap:anywhere}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
    th,td{padding:4px 14px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top}
    thead th{color:var(--dim);font-weight:500;text-align:right}thead th:first-child{text-align:left}
    tbody th{font-weight:500;text-align:left}td{text-align:right}
    .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,380px),1fr));gap:8px 40px;align-items:start}
    .pair td,.pair thead th{text-align:left;overflow-wrap:anywhere}
    .cells{display:flex;flex-wrap:wrap;gap:8px}
    .cell{width:84px;text-align:center;font-size:.75rem;color:var(--dim)}
    .cell img{display:block;margin:0 auto;image-rendering:pixelated;border:2px solid var(--rule);border-radius:4px;\
    background:#fff}
    .cell.right img{border-color:var(--good)}.cell.right figcaption{color:var(--good)}
    .cell.wrong img{border-color:var(--bad)}.cell.wrong figcaption{color:var(--bad)}
    @media (max-width:480px){th,td{padding-right:9px}.cell{width:72px}.bars{grid-template-columns:max-content 1fr}.remark{display:none}.tick,.label{font-size:17px}}
    @media print{body{font-size:11px}.chart,.cell{break-inside:avoid}}
    """
}
