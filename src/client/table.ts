/** The gap between two columns. */
const gap = '  '

/**
 * Formats rows in columns as wide as their widest cell, two spaces apart; the last column is not
 * padded. `paint` gets each padded cell, and may add characters without width (colours).
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number) => string = (cell) => cell,
): string {
  const widths = columnWidths(rows)
  const lines = rows.map((row) =>
    row
      .map((cell, column) => paint(cell.padEnd(widths[column] ?? 0), column))
      .join(gap)
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** The width in characters of a table of these rows. */
export function tableWidth(rows: readonly (readonly string[])[]): number {
  const widths = columnWidths(rows)
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1)
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const count = Math.max(...rows.map((row) => row.length))
  return Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
}
