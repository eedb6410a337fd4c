// Runs inside the page; its value is what a person could stumble over.
function channels(color) {
  return color.match(/[\d.]+/g).map(Number)
}

;(() => {
  function luminance(color) {
    const [red, green, blue] = channels(color).map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }

  function groundBehind(element) {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at)
      if (channels(backgroundColor)[3] !== 0) return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }

  // WCAG 2.2, success criterion 1.4.3.
  function contrast(element) {
    const pair = [getComputedStyle(element).color, groundBehind(element)].map(luminance)
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)
  }

  const texts = [...document.body.querySelectorAll('*')].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''),
  )
  const { scrollWidth, clientWidth } = document.documentElement
  return {
    overflow: scrollWidth - clientWidth,
    // A command that breaks in its middle is two boxes.
    brokenCommands: [...document.querySelectorAll('code')]
      .filter((code) => code.getClientRects().length > 1)
      .map((code) => code.textContent),
    headings: [...document.querySelectorAll('h1')].map((heading) => heading.textContent),
    lang: document.documentElement.lang,
    title: document.title,
    landmarks: document.querySelectorAll('main').length,
    lowestContrast: Math.min(...texts.map(contrast)),
    ground: getComputedStyle(document.body).backgroundColor,
  }
})()
