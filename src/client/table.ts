/** Two columns of a table have this between them. */
const gap = '  '

/**
 * Rows in columns as wide as their widest cell, two spaces apart; the last column is as it comes.
 * `paint` gets each cell with its padding, and may add what takes no room.
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

/** How many characters a table of these rows is wide. */
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
