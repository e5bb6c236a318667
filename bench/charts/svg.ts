// SVG as text: elements with escaped attributes and texts, coordinates to a tenth of a pixel so that the same data give
// the same bytes. No fonts, scripts or styles from elsewhere: a chart is shown by anything that shows SVG. Pure.

/** Told apart by people who see few colours, too (Okabe and Ito, "Color Universal Design", 2008). */
const SERIES_COLORS = [
  ...["#0072b2", "#d55e00", "#009e73", "#cc79a7"],
  ...["#e69f00", "#56b4e9", "#555555", "#8c564b"],
];
export const INK = "#222222";
export const FAINT = "#dddddd";
export const FONT_PX = 12;
/** A character's width on average; texts are placed by it, never cut. */
export const CHARACTER_PX = 6.7;

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content?: readonly string[]): string {
  const words = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(attributeText(value))}"`,
  );
  const head = `<${name}${words.join("")}`;
  return content === undefined ? `${head}/>` : `${head}>${content.join("")}</${name}>`;
}

export function textElement(text: string, x: number, y: number, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, [escaped(text)]);
}

/** A whole drawing on white, so that it can be read on a dark page as well. */
export function drawing(width: number, height: number, title: string, content: readonly string[]): string {
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    "font-family": "sans-serif",
    "font-size": FONT_PX,
    fill: INK,
  };
  const parts = [
    element("title", {}, [escaped(title)]),
    element("rect", { width, height, fill: "#ffffff" }),
    textElement(title, 16, 24, { "font-size": 15, "font-weight": "bold" }),
    ...content,
  ];
  return `${element("svg", attributes, ["\n", parts.join("\n"), "\n"])}\n`;
}

/** One line of coloured squares with names, from `x` on. */
export function legend(names: readonly string[], x: number, y: number): string[] {
  let at = x;
  return names.flatMap((name, index) => {
    const square = element("rect", { x: at, y: y - 10, width: 10, height: 10, fill: seriesColor(index) });
    const label = textElement(name, at + 15, y);
    at += 15 + name.length * CHARACTER_PX + 18;
    return [square, label];
  });
}

export function seriesColor(index: number): string {
  return SERIES_COLORS[index % SERIES_COLORS.length]!;
}

function attributeText(value: string | number): string {
  return typeof value === "number" ? String(Math.round(value * 10) / 10) : value;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
