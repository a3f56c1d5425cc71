// A button on each block of code that copies it. Without this script the text can
// still be selected.
'use strict'
for (const block of document.querySelectorAll('main pre:not(.plain)')) {
  const frame = document.createElement('div')
  frame.className = 'block'
  block.replaceWith(frame)
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'copy'
  button.textContent = 'Copy'
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(block.textContent)
      button.textContent = 'Copied'
    } catch {
      getSelection().selectAllChildren(block)
      button.textContent = 'Selected'
    }
    button.classList.add('done')
    setTimeout(() => { button.textContent = 'Copy'; button.classList.remove('done') }, 2000)
  })
  frame.append(block, button)
}

// On a wide screen the list of pages scrolls by itself: show where we are in it.
const here = document.querySelector('nav [aria-current]')
if (here) here.closest('nav').scrollTop = here.offsetTop - 120
