;;; cms-oauth-tests.el --- against a running daemon  -*- lexical-binding: t; -*-

;; CMS_SOCK and TEST_USER come from the environment; the daemon knows TEST_USER alone.

(require 'ert)
(require 'ert-x)
(require 'cms-oauth)

(defconst test-user (getenv "TEST_USER"))
(defconst test-host "smtp.office365.com")

(defmacro with-cms-oauth (&rest body)
  "Run BODY with the backend as the only source, and nothing cached."
  `(let ((auth-sources nil) (auth-source-debug nil))
     (cms-oauth-enable)
     ,@body))

(defun test-search (&rest spec)
  "Return the first that auth-source finds for SPEC."
  (car (apply #'auth-source-search :max 1 spec)))

(ert-deftest the-token-of-an-account ()
  (let ((credential (cms-oauth-credential test-user "SMTP")))
    (should (equal test-user (alist-get 'user credential)))
    (should (string-match-p "\\`[!-~]+\\'" (alist-get 'access_token credential)))))

(ert-deftest auth-source-finds-user-secret-and-mechanism ()
  (with-cms-oauth
   (let ((found (test-search :host test-host :port "587" :user test-user)))
     (should (equal test-user (plist-get found :user)))
     (should (equal "xoauth2" (plist-get found :smtp-auth)))
     (should (equal (cms-oauth--token test-user "SMTP") (funcall (plist-get found :secret)))))))

(ert-deftest auth-source-finds-it-for-each-way-to-name-a-port ()
  (with-cms-oauth
   (dolist (port '("587" 587 "submission" ("smtp" "587")))
     (should (test-search :host (list "elsewhere" test-host) :port port :user test-user)))))

(ert-deftest what-is-cached-is-not-the-token ()
  (with-cms-oauth
   (test-search :host test-host :port "587" :user test-user)
   (should-not (string-match-p (regexp-quote (cms-oauth--token test-user "SMTP"))
                               (format "%S" auth-source-netrc-cache)))))

(ert-deftest no-other-server-is-given-a-token ()
  (with-cms-oauth
   (should-not (test-search :host "api.example.com" :port "587" :user test-user))
   (should-not (test-search :host test-host :port "443" :user test-user))
   (should-not (test-search :host test-host :port "587"))))

(ert-deftest a-server-is-known-in-any-case-of-letters ()
  (with-cms-oauth
   (should (test-search :host "SMTP.Office365.COM" :port "587" :user test-user))
   (let ((cms-oauth-hosts '("Mail.Example.Org")))
     (should (test-search :host "mail.example.org" :port "587" :user test-user)))))

(ert-deftest a-server-that-is-not-known-is-told ()
  (with-cms-oauth
   (ert-with-message-capture messages
     (test-search :host "mail.example.org" :port "587" :user test-user)
     (should (string-match-p "no token for mail\\.example\\.org, .*cms-oauth-hosts" messages)))
   (ert-with-message-capture messages
     (test-search :host "api.example.com" :port "443" :user test-user)
     (should (equal "" messages)))))

(ert-deftest an-unknown-account-is-left-to-other-sources ()
  (with-cms-oauth
   (should-not (test-search :host test-host :port "587" :user "nobody@example.com")))
  (let ((failure (should-error (cms-oauth-credential "nobody@example.com" "SMTP")
                               :type 'cms-oauth-error)))
    (should (string-match-p "no account" (error-message-string failure)))))

(ert-deftest a-protocol-that-the-socket-does-not-serve ()
  (should-error (cms-oauth-credential test-user "IMAP") :type 'cms-oauth-error)
  (with-cms-oauth
   (should-not (test-search :host "outlook.office365.com" :port "imaps" :user test-user))))

(ert-deftest no-daemon ()
  (let* ((cms-oauth-socket "/nonexistent/cms.sock")
         (failure (should-error (cms-oauth-credential test-user "SMTP") :type 'cms-oauth-error)))
    (should (string-match-p "does not answer" (error-message-string failure)))))

(ert-deftest a-daemon-that-says-nothing ()
  (let* ((cms-oauth-socket (make-temp-name (expand-file-name "silent" temporary-file-directory)))
         (cms-oauth-timeout 0.1)
         (server (make-network-process :name "silent" :server t :family 'local
                                       :service cms-oauth-socket :noquery t)))
    (unwind-protect
        (should-error (cms-oauth-credential test-user "SMTP") :type 'cms-oauth-error)
      (delete-process server)
      (delete-file cms-oauth-socket))))

(ert-deftest checking-tells-how-long-the-token-lasts ()
  (should (string-match-p "has a token until [0-9-]+T" (cms-oauth-check test-user))))

;;; cms-oauth-tests.el ends here
