import { LIGHT_STYLE } from '../style.ts';

/** The page on white, and what only it needs. */
export const EVALUATION_STYLE = `${LIGHT_STYLE}
svg.map.light { background: #ffffff; border: 1px solid var(--faint); }
svg.glyph { flex: none; margin-right: 0.4em; }
.line { display: inline-block; width: 16px; height: 3px; margin-right: 0.45em; }
.result-line { border-bottom: 2px solid #00825f; }
.best { padding: 0.05rem 0.35rem; border-radius: 4px; background: #dcefe6; font-weight: 650; }
.way { color: var(--muted); }
h3 + p.small { margin-top: 0; }
`;
