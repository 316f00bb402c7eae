// Before anything is painted: the theme that was chosen on this device.
try {
  const theme = localStorage.getItem("stellr.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* Storage may be forbidden. */ }
