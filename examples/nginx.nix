/**
  A web server, which serves the host's directory `www` on a socket in the host's directory `run`:

      curl --unix-socket /run/my-site/nginx.sock http://localhost/
*/
{
  pkgs,
  www ? "/srv/www",
  run ? "/run/my-site",
}:
let
  # /dev/shm instead of /tmp: runc before 1.1.10 gives a tmpfs the mode of its mount point, which is read-only in the store.
  configuration = pkgs.writeText "nginx.conf" ''
    daemon off;
    user root root;
    pid /dev/shm/nginx.pid;
    error_log stderr;
    events { }
    http {
      access_log off;
      client_body_temp_path /dev/shm/client_body;
      proxy_temp_path /dev/shm/proxy;
      fastcgi_temp_path /dev/shm/fastcgi;
      uwsgi_temp_path /dev/shm/uwsgi;
      scgi_temp_path /dev/shm/scgi;
      server {
        listen unix:/run/nginx/nginx.sock;
        root /srv/www;
      }
    }
  '';
in
pkgs.ociTools.buildContainer {
  args = [
    "${pkgs.nginx}/bin/nginx"
    "-e"
    "stderr"
    "-c"
    "${configuration}"
  ];
  mounts = {
    "/srv/www" = {
      type = "bind";
      source = www;
      options = [
        "rbind"
        "ro"
      ];
    };
    "/run/nginx" = run;
  };
  readonly = true;
}
