// Adds what plain HTML cannot do. Every page works without it.
(() => {
  const password = document.getElementById('password');
  const toggle = document.getElementById('show-password');
  const capsLock = document.getElementById('caps-lock');

  const setVisible = (isVisible) => {
    password.type = isVisible ? 'text' : 'password';
    toggle.textContent = isVisible ? toggle.dataset.hide : toggle.dataset.show;
    toggle.setAttribute('aria-label', isVisible ? toggle.dataset.hideLabel : toggle.dataset.showLabel);
  };

  if (password && toggle) {
    toggle.hidden = false;
    toggle.addEventListener('click', () => {
      setVisible(password.type === 'password');
      password.focus();
    });
  }

  if (password && capsLock) {
    const watch = (event) => {
      const isOn = event.getModifierState?.('CapsLock') === true;
      capsLock.textContent = isOn ? capsLock.dataset.text : '';
    };
    password.addEventListener('keydown', watch);
    password.addEventListener('keyup', watch);
    password.addEventListener('blur', () => {
      capsLock.textContent = '';
    });
  }

  for (const form of document.querySelectorAll('form[data-once]')) {
    form.addEventListener('submit', (event) => {
      if (form.hasAttribute('aria-busy')) {
        event.preventDefault();
        return;
      }
      // A visible password would be kept by the browser among what was typed before.
      if (password && toggle) {
        setVisible(false);
      }
      form.setAttribute('aria-busy', 'true');
    });
  }

  // The back button may show this page as it was left.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[aria-busy]')) {
      form.removeAttribute('aria-busy');
    }
  });
})();
