// The page works without this. With it a slip of the finger is shown before
// anything is sent, so that no card must be typed twice, a second click sends
// nothing, and a waiting page changes by itself without being loaded anew. What is
// checked here is checked again by the server, which alone decides.
'use strict';
(() => {
  const compact = text => text.replace(/[\s\p{Pd}]/gu, '');

  const luhn = digits => {
    let sum = 0;
    [...digits].reverse().forEach((digit, i) => {
      const n = digit * (1 + i % 2);
      sum += n > 9 ? n - 9 : n;
    });
    return sum % 10 === 0;
  };

  // What is wrong with a field: the name of its message, or nothing.
  const checks = {
    card: text => !/^\d{13,19}$/.test(text) ? 'length' : text[0] !== '0' && !luhn(text) ? 'slip' : '',
    expiry: (text, input) => {
      const date = /^(0?[1-9]|1[0-2])[/.]?(?:20)?(\d\d)$/.exec(text);
      if (!date) return /^20\d{4}$/.test(text) ? '' : 'format';
      const card = document.getElementById('card');
      const past = 12 * date[2] + Number(date[1]) < Number(input.dataset.now);
      return past && compact(card.value)[0] !== '0' ? 'past' : '';
    },
    cvv: text => /^\d{3,4}$/.test(text) ? '' : 'wrong',
    code: text => /^[0-9A-Za-z]{1,12}$/.test(text) ? '' : 'wrong',
  };

  const problem = input => {
    const text = compact(input.value);
    return text ? checks[input.name](text, input) : 'empty';
  };

  // Show what is wrong, as the server shows it; '' takes it away.
  const mark = (input, what) => {
    const id = input.name + '-error';
    document.getElementById(id)?.remove();
    const help = input.dataset.help ? [input.dataset.help] : [];
    if (what) {
      const text = document.createElement('p');
      text.className = 'error';
      text.id = id;
      text.textContent = input.dataset[what];
      input.after(text);
      input.setAttribute('aria-invalid', 'true');
      help.unshift(id);
    } else {
      input.removeAttribute('aria-invalid');
    }
    input.setAttribute('aria-describedby', help.join(' '));
  };

  const form = document.querySelector('form[data-problems]');
  const inputs = form ? [...form.querySelectorAll('input')] : [];
  const refuse = () => {
    const wrong = inputs.filter(input => {
      const what = problem(input);
      mark(input, what);
      return what;
    });
    const summary = document.getElementById('problems');
    summary.replaceChildren();
    if (wrong.length) {
      const text = document.createElement('p');
      text.textContent = form.dataset.problems;
      summary.append(text);
      wrong[0].focus();
    }
    return wrong.length > 0;
  };

  // One click is enough. The button comes back, for a network that never answers.
  let sent = false;
  document.addEventListener('submit', event => {
    if (sent || event.target === form && refuse()) {
      event.preventDefault();
      return;
    }
    sent = true;
    const button = event.target.querySelector('button');
    const text = button.textContent;
    if (button.dataset.busy) button.textContent = button.dataset.busy;
    button.setAttribute('aria-disabled', 'true');
    setTimeout(() => {
      sent = false;
      button.textContent = text;
      button.removeAttribute('aria-disabled');
    }, 15000);
  });

  // A page that the back button took from memory may be of the past.
  addEventListener('pageshow', event => { if (event.persisted) location.reload(); });

  // Mended fields lose their message; digits are grouped as they stand on the card.
  form?.addEventListener('input', event => {
    const input = event.target;
    if (input.hasAttribute('aria-invalid') && !problem(input)) mark(input, '');
    if (input.selectionStart !== input.value.length || !event.data) return;
    if (input.name === 'card' && /^[\d ]+$/.test(input.value)) {
      input.value = compact(input.value).replace(/(\d{4})(?=\d)/g, '$1 ');
    }
    if (input.name === 'expiry') { // the slash comes by itself; who types it too has one
      input.value = input.value.replace(/^(0[1-9]|1[0-2])$/, '$1/').replace(/\/[\s/]+$/, '/');
    }
  });

  // Waiting: ask how the payment stands, ever less often, and show what changed where
  // a screen reader hears of it.
  const state = document.getElementById('state');
  let pause = 1000;
  const show = page => {
    const next = page.getElementById('state');
    if (!next) return location.reload(); // a form is due
    if (next.dataset.wait === state.dataset.wait) return;
    if (next.dataset.wait) state.dataset.wait = next.dataset.wait; else delete state.dataset.wait;
    state.replaceChildren(...next.childNodes);
    document.title = page.title;
  };
  const ask = async () => {
    try {
      const answer = await fetch(location.href, { cache: 'no-store' });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    } catch { /* no network: the next time may be better */ }
    pause = Math.min(pause * 1.3, 10000);
    if (state.dataset.wait) setTimeout(ask, pause);
  };
  if (state?.dataset.wait) setTimeout(ask, pause);
  document.addEventListener('visibilitychange', () => { pause = 1000; });
})();
