;;; gnus-init.el --- reads mail by IMAP with a token of cms-oauthd  -*- lexical-binding: t; -*-

;; For the init file, below the lines for cms-oauth.el.  The [[socket]] needs protocols = ["SMTP", "IMAP"].

;; EDIT the server and the address
(setq gnus-select-method
      '(nnimap "mail"
               (nnimap-address "outlook.office365.com")
               (nnimap-server-port 993)
               (nnimap-stream ssl)
               (nnimap-user "user@domain.com")
               (nnimap-authenticator xoauth2)))

;; Gnus of Emacs 28 breaks the login after 76 characters, which no server takes.
(with-eval-after-load 'nnimap
  (advice-add 'nnimap-command :filter-args
              (lambda (args)
                (mapcar (lambda (arg)
                          (if (stringp arg) (replace-regexp-in-string "\n" "" arg) arg))
                        args))))

;;; gnus-init.el ends here
