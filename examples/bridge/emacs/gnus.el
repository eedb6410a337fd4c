;;; gnus.el --- reads through the bridge  -*- lexical-binding: t; -*-

;; For the init file, or ~/.gnus.el.  The password is in ~/.authinfo: see authinfo.

;; At the first time Emacs asks whether the connection may be unencrypted: answer "a" (always).
;; EDIT the address
(setq gnus-select-method
      '(nnimap "mail"
               (nnimap-address "127.0.0.1")
               (nnimap-server-port 1143)
               (nnimap-stream plain)
               (nnimap-user "user@domain.com")))

;;; gnus.el ends here
