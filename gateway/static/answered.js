// A staff page that answers a form: coming back to it, or loading it again, asks for the page that
// it belongs to. Else the browser would show an error of its own, or send the form once more.
"use strict";

history.replaceState(null, "", document.body.dataset.belongsTo);
